"""Building: to be said."""
