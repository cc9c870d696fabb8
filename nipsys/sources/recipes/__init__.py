"""The project's own recipes as a source: packages that are built, not fetched."""
