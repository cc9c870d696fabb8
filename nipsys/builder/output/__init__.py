"""Output: to be said."""
