"""Records of a source become one mapped file with every dependency resolved to candidates; search over it."""
