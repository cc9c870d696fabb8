"""The generations of a root: list, switch, mark, delete, verify, collect, pack and unpack."""
