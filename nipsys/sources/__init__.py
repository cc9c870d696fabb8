"""Readers of foreign package indexes, one folder per kind. Pure: a source names the bytes it needs, then reads them."""
