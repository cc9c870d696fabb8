"""Run: to be said."""
