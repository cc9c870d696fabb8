"""Values and events as text: plain lines, bars, JSON, problems. The only room that prints."""
