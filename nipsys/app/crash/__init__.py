"""Crash: to be said."""
