"""Url: to be said."""
