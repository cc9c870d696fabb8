"""Packs: trees, with or without a generation, in one file that can be signed."""
