"""Pack: to be said."""
