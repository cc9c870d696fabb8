"""Triggers: what maintainer scripts would do, computed, run by tools in the root, or run confined."""
