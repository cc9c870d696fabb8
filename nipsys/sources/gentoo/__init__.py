"""Gentoo: to be said."""
