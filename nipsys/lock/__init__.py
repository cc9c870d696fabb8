"""A resolution as canonical text, and back."""
