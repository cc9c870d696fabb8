"""Pypi: to be said."""
