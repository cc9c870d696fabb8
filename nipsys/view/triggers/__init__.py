"""Triggers: to be said."""
