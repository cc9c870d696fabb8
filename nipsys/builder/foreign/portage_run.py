"""Run one of Portage's programs with any EPREFIX. Run by the Python of Portage's own environment, never imported by nipsys.

``portage_run.py PREFIX PROGRAM ARGUMENT...``: the constant is set before anything reads it.
"""

import os
import runpy
import sys


def main() -> None:
    """Set the prefix, then run the program in this process."""
    import portage.const  # type: ignore[import-not-found]  # noqa: PLC0415 - only in that environment

    portage.const.EPREFIX = sys.argv[1]
    portage.const.GLOBAL_CONFIG_PATH = "/share/portage/config"
    program = os.path.join(sys.prefix, "lib", "portage", "bin", sys.argv[2])
    sys.argv = [program, *sys.argv[3:]]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
