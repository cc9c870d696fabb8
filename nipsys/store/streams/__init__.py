"""Byte streams: bounded reading, decompression, a thread pipeline, and seekable zstd."""
