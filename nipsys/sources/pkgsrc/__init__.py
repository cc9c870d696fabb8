"""Pkgsrc: to be said."""
