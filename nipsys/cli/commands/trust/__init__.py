"""Trust: to be said."""
