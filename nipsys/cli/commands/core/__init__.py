"""Core: to be said."""
