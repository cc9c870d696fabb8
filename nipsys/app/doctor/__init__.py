"""Doctor: to be said."""
