"""Lock: to be said."""
