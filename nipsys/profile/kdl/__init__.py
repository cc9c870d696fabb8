"""Kdl: to be said."""
