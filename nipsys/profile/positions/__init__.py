"""Positions: to be said."""
