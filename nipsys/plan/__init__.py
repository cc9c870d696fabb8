"""A lock held against the current generation becomes a plan: a value that is shown, then run."""
