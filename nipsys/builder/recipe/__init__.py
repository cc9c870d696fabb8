"""Recipes: KDL text parsed and checked, variants decided, and recipe files found by name."""
