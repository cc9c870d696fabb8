"""Values about one package: its index record, its artifact, its recipe and what it takes to trust it."""
