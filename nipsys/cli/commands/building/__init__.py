"""Commands that build packages from source."""
