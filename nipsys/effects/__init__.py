"""The ports to the operating system: disk, web, host, processes, threads, signals and clock."""
