"""The nouns every room shares: frozen values, no input or output, standard library and blake3 only."""
