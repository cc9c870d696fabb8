"""Questions that change nothing: search, ownership, the resolution's graph, comparison of sources, and audits."""
