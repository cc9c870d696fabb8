"""Recipe: to be said."""
