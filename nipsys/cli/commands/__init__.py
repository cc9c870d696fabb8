"""Commands: to be said."""
