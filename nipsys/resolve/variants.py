"""Variants as groups of candidates: one for each flag of a package that some clause mentions, never one for each combination.

Flag values come from four places, later ones take precedence: the package's own default, the profile's ``variants``, the package's node,
the command line. The first two are preferences; the last two are required.

The variant hash of a package built from source is BLAKE3 over the canonical JSON of::

    {"format": 1, "name", "version", "flags": [[flag, value]...] sorted, "arch", "libc", "toolchain",
     "inputs": {id: digest of the artifact, or the variant hash of what is built} }

where ``inputs`` are the packages that satisfy its dependencies; inside a dependency cycle an input is written as ``name=version``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from nipsys.index import FlagValues, Index
from nipsys.model import Digest, blake3_of, to_canonical_json
from nipsys.model.system import DOMAINS, Flag


class FlagGroup(NamedTuple):
    """The values of one flag of one name, as candidates."""

    name: int
    flag: str
    values: tuple[str, ...]
    start: int
    """The number of the candidate for the first value."""


class VariantTable:
    """The flag groups of one world, each created on first use: a source's packages have tens of thousands."""

    def __init__(self, index: Index, start: int) -> None:
        """Assign numbers from ``start`` on to the values of every flag that a clause mentions."""
        self._rows = index.variants() if index.flagged else []
        """By name, then flag."""
        self._ends = list(accumulate([len(values) for _, _, values in self._rows]))
        self._start = start
        self._of: dict[int, dict[str, FlagGroup]] = {}
        self.end = start + (self._ends[-1] if self._ends else 0)
        """The number after the last."""

    def span(self, candidate: int) -> range:
        """Return all values of the flag that a candidate is a value of."""
        place = bisect_right(self._ends, candidate - self._start)
        return range(self._start + (self._ends[place - 1] if place else 0), self._start + self._ends[place])

    def group_at(self, candidate: int) -> FlagGroup:
        """Return the group that a candidate is a value of."""
        name, flag, _ = self._rows[bisect_right(self._ends, candidate - self._start)]
        return self._groups_named(name)[flag]

    def find(self, name: int, flag: str) -> FlagGroup | None:
        """Return the group of a name's flag, or ``None`` if no clause mentions it."""
        return self._groups_named(name).get(flag)

    def groups_of(self, name: int) -> Collection[FlagGroup]:
        """Return all groups of a name."""
        return self._groups_named(name).values()

    def _groups_named(self, name: int) -> dict[str, FlagGroup]:
        known = self._of.get(name)
        if known is None:
            known = self._of[name] = {}
            place = bisect_left(self._rows, (name,))
            while place < len(self._rows) and self._rows[place][0] == name:
                _, flag, values = self._rows[place]
                known[flag] = FlagGroup(name, flag, tuple(values), self._start + self._ends[place] - len(values))
                place += 1
        return known


def read_defaults(wanted: Iterable[Flag]) -> dict[str, str]:
    """Read the profile's ``variants``: flags, and domains with what they imply for packages that do not know the domain."""
    found: dict[str, str] = {}
    for flag in wanted:
        for implied, value in DOMAINS.get(flag.name, {}).get(flag.value, {}).items():
            found.setdefault(implied, value)
    for flag in wanted:
        found.update(read_flags((flag,)))
    return found


def read_flags(flags: Iterable[Flag]) -> dict[str, str]:
    """Read flags as values; those of a set (``cards=intel,amd``) also as flags of their own."""
    found = {}
    for flag in flags:
        found[flag.name] = flag.value
        if "," in flag.value:
            found.update({f"{flag.name}:{value}": "on" for value in flag.value.split(",")})
    return found


def find_unmet(held: FlagValues, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the flags of ``wanted`` whose value a candidate cannot have; a flag it does not know is off."""
    out = []
    for flag, value in wanted.items():
        parts = value.split(",")
        if len(parts) > 1 or (flag not in held and any(known.startswith(f"{flag}:") for known in held)):
            if not all("on" in held.get(f"{flag}:{part}", ()) for part in parts):
                out.append(flag)
        elif value not in held.get(flag, ("off",)):
            out.append(flag)
    return tuple(out)


def put_first(values: Sequence[str], first: str | None) -> tuple[str, ...]:
    """Put a preferred value first and keep the order otherwise."""
    if first is None or len(values) < 2:
        return tuple(values)
    return tuple(sorted(values, key=lambda value: value != first))


def hash_variant(
    name: str, version: str, flags: Iterable[tuple[str, str]], *, arch: str, libc: str, toolchain: str, inputs: Mapping[str, str]
) -> Digest:
    """Return the variant hash (see the module's docstring): equal for equal builds, on every machine."""
    value = {
        "format": 1,
        "name": name,
        "version": version,
        "flags": [list(flag) for flag in sorted(flags)],
        "arch": arch,
        "libc": libc,
        "toolchain": toolchain,
        "inputs": dict(inputs),
    }
    return blake3_of(to_canonical_json(value))
