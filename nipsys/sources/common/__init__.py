"""What several kinds of sources share: settings, mirrors, packed indexes, program aliases and interpreters."""
