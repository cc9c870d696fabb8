"""Bring the indexes of sources up to date: fetch, verify, refuse rollbacks, and write the index that the resolver maps."""
