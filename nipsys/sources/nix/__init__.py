"""Nix: to be said."""
