"""Host: to be said."""
