"""Dependencies that Gentoo's packages do not name: RDEPEND omits what every Gentoo has, such as gcc's libstdc++ and libgcc.

Portage records what it finds in the programs themselves: ``REQUIRES`` and ``PROVIDES`` list, machine by machine, the libraries that a
package loads and has (``x86_64: libc.so.6 libstdc++.so.6 x86_32: libc.so.6``). So the real dependencies follow from the index alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from nipsys.sources.gentoo.atoms import parse_dependency, split_cpv

Library = tuple[str, str]
"""(portage's name of the machine, soname)."""


class SonameIndex:
    """Which package provides which library, among all packages of an index."""

    def __init__(self, blocks: Iterable[Mapping[str, str]]) -> None:
        """Read every package's ``PROVIDES``."""
        providers: dict[Library, dict[str, None]] = {}
        for block in blocks:
            for library in _iter_libraries(block.get("PROVIDES", "")):
                with suppress(ValueError):  # a package with an invalid name is left out, with a warning, by the source
                    providers.setdefault(library, {})[_slot_name_of(block)] = None
        self._providers = {library: tuple(sorted(atoms)) for library, atoms in providers.items()}

    def find_implied(self, block: Mapping[str, str], needs: Iterable[str]) -> tuple[str, ...]:
        """Return clauses for the libraries that a package loads and whose providers it does not name; unknown libraries are skipped."""
        own = {_slot_name_of(block), *_iter_names(needs)}
        found: dict[str, None] = {}
        for library in _iter_libraries(block.get("REQUIRES", "")):
            atoms = self._providers.get(library, ())
            if atoms and not any(atom in own or atom.partition(":")[0] in own for atom in atoms):
                found[" || ".join(atoms)] = None
        return tuple(found)


def _iter_libraries(text: str) -> Iterator[Library]:
    machine = ""
    for word in text.split():
        if word.endswith(":"):
            machine = word[:-1]
        elif machine:
            yield machine, word


def _slot_name_of(block: Mapping[str, str]) -> str:
    """Return the name of one slot of a package."""
    name, _ = split_cpv(block["CPV"])
    slot = (block.get("SLOT") or "0").partition("/")[0]
    return name if slot == "0" else f"{name}:{slot}"


def _iter_names(needs: Iterable[str]) -> Iterator[str]:
    """Yield the packages that clauses without a choice require, without slot and version."""
    for clause in needs:
        if " || " not in clause:
            yield parse_dependency(clause).atom.name.partition(":")[0]
