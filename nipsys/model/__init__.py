"""The values that every room shares: frozen, without input or output; standard library and blake3 only."""
