"""Many machines: caches, signatures, hosts, waves, drift."""
