"""``nipsys prove``: try every crash of every operation on a simulated disk."""
