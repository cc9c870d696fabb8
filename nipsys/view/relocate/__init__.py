"""Relocated twins of views, for hosts where namespaces are closed."""
