"""The crawl of sources without a full index: which names to request next, so that the resolver finds everything it can reach.

A question is one clause (``httpx>=0.27,<1``, ``semver@^7``); the answer is the newest few versions that satisfy it, with their
dependencies, which are the next questions. Each is asked once, so the crawl ends. Then every clause of every record has its newest
versions in the universe: it is closed, and solving needs no more bytes. ``versions=`` widens the answers when the newest few versions
of packages do not fit together.
"""

from collections.abc import Callable, Collection, Iterable

from nipsys.model.package import PackageRecord


def find_new_clauses(records: Iterable[PackageRecord], asked: Collection[str], *, recommends: bool = False) -> tuple[str, ...]:
    """Return the clauses of ``records`` not asked yet, sorted; with ``recommends`` those of recommended packages too."""
    found = {clause for record in records for clause in (*record.depends, *(record.recommends if recommends else ()))}
    return tuple(sorted(found.difference(asked)))


def select_newest(versions: Iterable[str], key: Callable[[str], bytes], fits: Callable[[str], bool], most: int) -> tuple[str, ...]:
    """Return the newest ``most`` versions that fit, newest first."""
    ordered = sorted(set(versions), key=key, reverse=True)
    found: list[str] = []
    for version in ordered:
        if len(found) == most:
            break
        if fits(version):
            found.append(version)
    return tuple(found)
