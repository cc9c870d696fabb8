"""Launcher: to be said."""
