"""Solvers for instances in numbers only, the functions that reduce, improve and verify their answers, and the table of engines."""
