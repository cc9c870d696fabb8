"""Use cases, one function each. They combine the rooms below and print nothing."""
