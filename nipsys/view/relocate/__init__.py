"""Relocate: to be said."""
