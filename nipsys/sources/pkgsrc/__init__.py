"""pkgsrc: binary package summaries and packing lists."""
