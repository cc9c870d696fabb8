"""Package: to be said."""
