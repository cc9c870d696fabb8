"""The command line: a literal lazy table, one file a command; only cli.render prints."""
