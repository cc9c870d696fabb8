"""Npm: to be said."""
