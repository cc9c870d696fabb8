"""Run a program of the current generation, or of a package brought in for this once."""

import argparse
import os

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--contain", action="store_true", help="hide the home directory and the network from it")
    parser.add_argument("--package", action="append", metavar="PKG", help="bring this package in (may be given again)")
    parser.add_argument(
        "--profile", default=os.environ.get("NIPSYS_PROFILE"), help="the profile whose sources packages come from (NIPSYS_PROFILE)"
    )
    parser.add_argument("program", help="its name")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on as they are")


def run(options: argparse.Namespace, session: Session) -> int:
    """Become the program; its exit code is ours."""
    from nipsys.app.run.ephemeral import bring
    from nipsys.app.run.start import start_brought, start_of
    from nipsys.effects.process import become

    site = session.site()
    words = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    start = None
    if not options.package:
        start = start_of(site, options.program, words, os.environ, contained=options.contain)
    if start is None:
        brought = bring(site, options.package or [options.program], options.profile)
        start = start_brought(site, brought, options.program, words, os.environ, contained=options.contain)
    become(*start)
