"""Find the C library that a tree is linked against: two different ones in one closure cannot work."""

import os

from nipsys.builder.output.capture import is_dynamic
from nipsys.builder.output.provenance import BuildRecord
from nipsys.builder.output.tree_store import TreeStore
from nipsys.builder.recipe import ConcreteRecipe
from nipsys.model import Problem

_MARKS = ((b"/ld-musl-", "musl"), (b"libc.musl-", "musl"), (b"ld-linux-", "glibc"), (b"libc.so.6", "glibc"), (b"GLIBC_2.", "glibc"))
_HEAD = 1 << 20


def libc_of(folder: str) -> tuple[str, str]:
    """Return the C library (``glibc`` or ``musl``) of a tree's dynamic ELF files, and the first such file; two empty texts for none."""
    for top, names, files in os.walk(folder):
        names.sort()
        for name in sorted(files):
            path = f"{top}/{name}"
            if os.path.islink(path):
                continue
            if not is_dynamic(path):
                continue
            with open(path, "rb") as stream:
                head = stream.read(_HEAD)
            found = next((libc for mark, libc in _MARKS if mark in head), "")
            if found:
                return found, os.path.relpath(path, folder)
    return "", ""


def find_libc_conflicts(concrete: ConcreteRecipe, inputs: dict[str, BuildRecord], trees: TreeStore) -> list[Problem]:
    """Return a problem for every library or run-time input with another C library than this build; called before anything is built."""
    own = concrete.recipe.libc or dict(concrete.flags).get("libc", "")
    problems = []
    for given in concrete.branch.inputs:
        if given.role == "tool" or not own:
            continue
        record = inputs[given.name]
        found, proof = libc_of(trees.path(record.tree_name()))
        libc = found or record.libc
        if libc and libc != own:
            notes = (f"`{proof}` of `{record.label}` needs {libc}",) if proof else (f"recipe `{record.name}` says `libc={libc}`",)
            message = f"`{concrete.label()}` is built for {own} and cannot use `{given.name}`, which is built for {libc}"
            problems.append(
                Problem("mixed-libc", message, given.span, notes, f"use a `{given.name}` built for {own}, or build this for {libc}")
            )
    return problems
