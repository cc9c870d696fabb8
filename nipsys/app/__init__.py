"""Use cases, one function each; they join the rooms below and print nothing."""
