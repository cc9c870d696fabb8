"""The launcher and the shim for this machine: found, compiled or written in Python."""
