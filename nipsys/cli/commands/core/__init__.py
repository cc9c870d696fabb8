"""Commands from a profile to a running system: init, check, lock, update, plan, apply, rollback, status."""
