"""Arch Linux and its derivatives: repository databases, package metadata and libalpm's dependencies."""
