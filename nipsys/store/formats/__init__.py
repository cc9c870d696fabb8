"""Package and archive formats: each reader turns a stream into archive members."""
