"""A recipe run in a sandbox becomes a tree."""
