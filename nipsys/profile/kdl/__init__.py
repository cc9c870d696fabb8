"""Read profiles in KDL v2: nodes with positions, syntax errors, and writing of words and strings."""
