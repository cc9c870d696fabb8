"""Numbered systems: stage, publish, switch, roll back."""
