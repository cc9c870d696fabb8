"""Sync: to be said."""
