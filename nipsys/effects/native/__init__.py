"""The disk's busy work in C, compiled when the package is built. Never imported: ``disk_native`` loads the library."""
