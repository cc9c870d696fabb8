"""Alpine: to be said."""
