"""What this machine offers: its package configuration, user namespaces, and emulation of other architectures."""
