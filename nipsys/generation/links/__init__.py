"""Links: to be said."""
