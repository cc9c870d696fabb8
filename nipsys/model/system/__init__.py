"""System: to be said."""
