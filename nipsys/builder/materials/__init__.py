"""Materials: to be said."""
