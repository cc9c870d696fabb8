"""Web: to be said."""
