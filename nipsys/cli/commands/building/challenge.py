"""Build or fetch a package again and compare it bit for bit with what is in the store."""

import argparse
import os

from nipsys.cli.session import Session

EXAMPLE = "nipsys challenge hello +static"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", help="a recipe, a built package, or a locked package")
    parser.add_argument("flag", nargs="*", help="flags of the build: +python, libc=glibc")
    parser.add_argument("--profile", help="check a fetched package of this profile's lock")
    parser.add_argument("--host", help="use the blocks of this host [default: this machine]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="number of parallel jobs [default: number of CPUs]")


def run(options: argparse.Namespace, session: Session) -> int:
    """Build or fetch again and compare; raise ``Rejected`` with the first difference."""
    from nipsys.app.source_builds import challenge_build, challenge_package

    if options.profile:
        from nipsys.app.lock import load_profile, require_lock

        profile = load_profile(options.profile, options.host)
        answer = challenge_package(session.open_context(), profile, require_lock(profile).lock, options.name)
    else:
        from nipsys.app.realize import find_recipe_folders, open_workspace
        from nipsys.builder import BuildOptions
        from nipsys.builder.recipe import RecipePath

        workspace = open_workspace(session.root.path, BuildOptions(jobs=options.jobs), session.root.report, offline=session.root.offline)
        recipe_path = RecipePath(find_recipe_folders(session.root.path, os.environ))
        answer = challenge_build(workspace, recipe_path, options.name, tuple(options.flag))
    value = {"name": answer.name, "how": answer.how, "same": True, "tree": answer.tree, "evidence": list(answer.evidence)}
    lines = [
        f"{answer.name} is bit-for-bit identical when {answer.how} again",
        f"  {answer.tree}",
        *(f"  {line}" for line in answer.evidence),
    ]
    session.answer(value, "\n".join(lines))
    return 0
