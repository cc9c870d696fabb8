"""Commands that show what a system has to trust."""
