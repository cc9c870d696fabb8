"""Commands that change, find and explain packages."""
