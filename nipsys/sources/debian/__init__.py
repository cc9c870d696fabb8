"""Debian: to be said."""
