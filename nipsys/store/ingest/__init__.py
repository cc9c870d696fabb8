"""From members to trees: path checks, extraction, and batches that become durable with one sync."""
