"""Programs: to be said."""
