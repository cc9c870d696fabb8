"""Query: to be said."""
