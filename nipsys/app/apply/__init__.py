"""Plan and apply: compare a lock with the current generation, prove the plan, carry it out, and activate the result."""
