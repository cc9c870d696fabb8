"""Programs that run without nipsys: the launcher in C and in Python, the redirecting library. Never imported."""
