"""Source builds with foreign tools (Portage, Nix, bmake), source packages, and the challenge of a package by rebuilding it."""
