"""Profile text, KDL or TOML, becomes one frozen Profile; every mistake is reported at once with its place."""
