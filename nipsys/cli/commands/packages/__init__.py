"""Packages: to be said."""
