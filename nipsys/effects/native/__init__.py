"""Bulk disk operations in C, compiled when the package is built. Never imported: ``nipsys.effects.disk.factory`` loads the library."""
