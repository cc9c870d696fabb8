"""Source builds with the tools of other distributions: each driver turns a package and its flags into a directory that becomes a tree."""
