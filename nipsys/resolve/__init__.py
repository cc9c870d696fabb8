"""A universe and requests become a resolution, or a conflict that says why and what to do."""
