"""Threads: a small thread pool, parallel work with events in a fixed order, and a join with a time limit."""
