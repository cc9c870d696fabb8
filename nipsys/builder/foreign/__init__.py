"""Source builds by the tools of other worlds: each driver turns a package and flags into a directory that becomes a tree."""
