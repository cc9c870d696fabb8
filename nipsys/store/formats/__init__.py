"""Formats: to be said."""
