"""Maintenance: to be said."""
