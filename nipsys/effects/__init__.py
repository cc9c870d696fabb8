"""The only room that touches the world: disk, web, processes, clock."""
