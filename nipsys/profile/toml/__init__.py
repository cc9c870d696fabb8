"""Toml: to be said."""
