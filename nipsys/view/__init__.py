"""How programs run: merged roots, launchers, triggers, relocation."""
