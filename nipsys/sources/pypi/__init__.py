"""Python package indexes: project pages, wheel metadata, platform tags and the layout of installed wheels."""
