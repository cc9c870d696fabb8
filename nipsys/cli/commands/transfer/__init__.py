"""Commands that copy systems between machines."""
