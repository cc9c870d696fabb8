"""Pacman: to be said."""
