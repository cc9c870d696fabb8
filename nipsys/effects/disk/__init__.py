"""Disk: to be said."""
