"""Engines: to be said."""
