"""Values and events as text: plain lines, progress bars, JSON, problems. The only package that prints."""
