"""Apply: to be said."""
