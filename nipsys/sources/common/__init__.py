"""Common: to be said."""
