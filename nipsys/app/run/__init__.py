"""Run programs of the current generation or of packages fetched for one run, and set up the environment of a session."""
