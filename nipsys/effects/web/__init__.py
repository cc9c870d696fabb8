"""Fetching over HTTP and from files: bounded, verified, resumed and retried; with an offline and an in-memory variant."""
