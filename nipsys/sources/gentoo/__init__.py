"""Gentoo binary hosts: the Packages index, dependency strings, shared libraries and package manifests."""
