"""Maintenance of the store: verification, repair, garbage collection and deduplication."""
