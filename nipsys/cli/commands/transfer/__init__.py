"""Transfer: to be said."""
