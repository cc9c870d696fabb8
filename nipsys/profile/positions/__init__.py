"""Positions of keys and values in KDL and TOML text, which the parsers do not report, and spans from them."""
