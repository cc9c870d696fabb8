"""Realize: to be said."""
