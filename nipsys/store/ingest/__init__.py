"""Ingest: to be said."""
