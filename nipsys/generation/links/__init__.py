"""The symlink farm of a generation: its rows and targets, its composition, and the detection and repair of drift."""
