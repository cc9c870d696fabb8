"""Source_builds: to be said."""
