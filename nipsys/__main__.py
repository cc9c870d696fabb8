"""Run the command line as ``python -m nipsys``."""

from nipsys.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
