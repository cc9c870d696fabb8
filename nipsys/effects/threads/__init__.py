"""Threads: to be said."""
