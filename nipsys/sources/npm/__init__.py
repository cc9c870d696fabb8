"""npm registries: packuments, registry signatures and the links of node_modules."""
