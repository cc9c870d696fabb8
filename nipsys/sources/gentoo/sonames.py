"""What Gentoo's packages need and do not name: RDEPEND leaves out what every Gentoo has, such as gcc's libstdc++ and libgcc.

Portage writes down what it found in the programs themselves: ``REQUIRES`` and ``PROVIDES`` of a package list, machine by machine, the
libraries they load (``x86_64: libc.so.6 libstdc++.so.6 x86_32: libc.so.6``). So the true needs follow from the index alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from nipsys.versions.gentoo import dependency, split

Library = tuple[str, str]
"""(machine in portage's words, soname)."""


class Sonames:
    """Who has which library, among all packages of an index."""

    def __init__(self, blocks: Iterable[Mapping[str, str]]) -> None:
        """Read every package's ``PROVIDES``."""
        providers: dict[Library, dict[str, None]] = {}
        for block in blocks:
            for library in _libraries(block.get("PROVIDES", "")):
                with suppress(ValueError):  # a package with a broken name is left out, and told of, elsewhere
                    providers.setdefault(library, {})[_atom(block)] = None
        self._providers = {library: tuple(sorted(atoms)) for library, atoms in providers.items()}

    def implied(self, block: Mapping[str, str], needs: Iterable[str]) -> tuple[str, ...]:
        """Return clauses for the libraries that a package loads and whose owners it does not ask for by name; what nobody has is left out."""
        own = {_atom(block), *_names(needs)}
        found: dict[str, None] = {}
        for library in _libraries(block.get("REQUIRES", "")):
            atoms = self._providers.get(library, ())
            if atoms and not any(atom in own or atom.partition(":")[0] in own for atom in atoms):
                found[" || ".join(atoms)] = None
        return tuple(found)


def _libraries(text: str) -> Iterator[Library]:
    machine = ""
    for word in text.split():
        if word.endswith(":"):
            machine = word[:-1]
        elif machine:
            yield machine, word


def _atom(block: Mapping[str, str]) -> str:
    """Return the name that stands for one slot of a package."""
    name, _ = split(block["CPV"])
    slot = (block.get("SLOT") or "0").partition("/")[0]
    return name if slot == "0" else f"{name}:{slot}"


def _names(needs: Iterable[str]) -> Iterator[str]:
    """Return the packages that clauses without a choice ask for, without slot and version."""
    for clause in needs:
        if " || " not in clause:
            yield dependency(clause).atom.name.partition(":")[0]
