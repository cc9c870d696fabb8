"""Sandbox: to be said."""
