"""Grafts: how a foreign index reads. Pure: a source names the bytes it needs, then reads them; one file a kind."""
