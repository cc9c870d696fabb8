"""Commands that inspect and maintain a root."""
