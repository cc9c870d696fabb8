"""From a profile to its lock: read the profile, resolve it, write the lock file, and edit the profile."""
