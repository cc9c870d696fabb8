"""The command line: a table of commands, one module per command, imported on use; only cli.render prints."""
