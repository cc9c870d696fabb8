"""Read profiles in TOML."""
