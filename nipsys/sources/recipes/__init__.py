"""Recipes: to be said."""
