"""Immutable trees named by their content: put, get, verify, sweep, pack."""
