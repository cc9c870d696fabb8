"""Generations: to be said."""
