"""Programs that run without nipsys: the launcher in C and in Python, and the shim. Never imported."""
