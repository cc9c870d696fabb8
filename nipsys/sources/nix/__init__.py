"""Nix binary caches: narinfo files, Ed25519 signatures, the name index and the relocation of store paths."""
