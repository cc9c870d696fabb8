"""Debian and other apt repositories: Release files, package lists, source packages and the host's apt configuration."""
