"""Streams: to be said."""
