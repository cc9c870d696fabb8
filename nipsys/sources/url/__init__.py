"""A single program or archive given by address and digest."""
