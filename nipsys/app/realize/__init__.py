"""Turn a lock into a system: fetch, build, unpack, plan the views, and publish the next generation."""
