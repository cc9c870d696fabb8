"""Bring a machine to what a profile declares, and go back if a check of one's own fails: ``apply_profile.py PROFILE ROOT CHECK...``.

``CHECK`` is a command, such as ``nginx -t``. It finds the programs of the new generation on its ``PATH``.
"""

import os
import subprocess
import sys

from nipsys import api


def show(event: api.Event) -> None:
    """Print what is worth reading in a log."""
    match event:
        case api.Ended(stage, detail) if detail:
            print(f"{stage}: {detail}")
        case api.Warned(message, hint):
            print(f"warning: {message}", hint or "")
        case _:
            pass


def is_healthy(root: api.Root, check: list[str]) -> bool:
    """Return whether the command ``check`` succeeds with the programs of ``root``."""
    path = f"{root.path}/System/Links/Executables:{os.environ['PATH']}"
    return subprocess.run(["/usr/bin/env", *check], env={**os.environ, "PATH": path}, check=False).returncode == 0


def main(profile_path: str, root_path: str, *check: str) -> int:
    """Apply the profile; return 0 when it is applied and healthy, 1 when it was refused, 2 when it was rolled back."""
    root = api.Root(root_path, report=show)
    try:
        before = api.status(root)
        prepared = api.plan(root, api.load_profile(profile_path))
        for change in prepared.plan.added:
            print(f"+ {change.id} {change.after}")
        api.apply(root, prepared)
        if is_healthy(root, list(check)):
            return 0
        if before is not None:
            print(f"back to generation {api.rollback(root, before.number).number}")
    except api.Rejected as rejected:
        for problem in rejected.problems:
            print(f"{problem.code}: {problem.message}", f"({problem.span})" if problem.span else "")
        return 1
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
