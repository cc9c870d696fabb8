"""The sandbox of a build: namespaces or a container, the worker inside it, and the steps it can carry out."""
