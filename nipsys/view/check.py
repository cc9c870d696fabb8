"""Check views before any of them is written: that their programs can start."""

from collections.abc import Sequence

from nipsys.model import Began, Ended, Problem, Reporter, Warned, ignore_event
from nipsys.store import Store
from nipsys.view.abi import check_abi
from nipsys.view.elf import read_elf
from nipsys.view.model import ViewPlan


def find_problems(views: Sequence[ViewPlan], store: Store, report: Reporter = ignore_event) -> tuple[Problem, ...]:
    """Return the problems that keep programs of ``views`` from starting; what only a plugin needs is reported as a warning.

    Views in the store were checked when they were written. Worlds with a prefix are not checked: their files name libraries by
    absolute path. The trees must be in the store.
    """
    problems: list[Problem] = []
    for view in views:
        if view.prefix or store.has(view.directory):
            continue
        report(Began("prove", 0, view.world))
        verdict = check_abi(view, lambda entry: read_elf(f"{store.layout.store}/{entry.origin}"))
        problems += verdict.errors
        if verdict.warnings:
            more = f" and {len(verdict.warnings) - 1} more" if len(verdict.warnings) > 1 else ""
            report(Warned(f"a plugin of world `{view.world}` will not load: {verdict.warnings[0]}{more}"))
        report(Ended("prove", f"{view.world}: {verdict.files} ELF files"))
    return tuple(problems)
