"""Built-in triggers: what a maintainer script would create, computed from names and texts without running a program.

Alternatives, files that ``ucf`` or a script copies into ``/etc``, PHP's module links, the CA directory.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from nipsys.view.alternatives import canonical_path, rank_alternatives, read_offers
from nipsys.view.model import AlternativeOffer, MergedEntry, PackageInput, WorldInput
from nipsys.view.skeleton import BUNDLE

_UCF = re.compile(r"\bucf\s+((?:--?[\w-]+(?:[= ]\w+)?\s+)*)(/[^\s;|&$]+|\"?\$\{?\w+\}?\"?)\s+\"?(/[^\s;|&$\"]+)")
_COPIED = re.compile(r"\b(?:cat|cp)\s+(/[^\s;|&$]+)\s+>?\s*\"?(\$\{?\w+)")
_PRIORITY = re.compile(r"priority\s*=\s*(\d+)")
_PHP = re.compile(r"usr/share/php(\d+\.\d+)-[^/]+/[^/]+/([^/]+\.ini)")
_PHP_INI = re.compile(r"usr/lib/php/(\d+\.\d+)/php\.ini-production\.(\w+)")
_CERTIFICATE = re.compile(r"usr/share/ca-certificates/.+/([^/]+)\.crt")
_DPKG_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}


class AlternativeChoices(NamedTuple):
    """Alternatives of generic names."""

    chosen: tuple[tuple[str, str], ...] = ()
    """(name, path), sorted by name."""
    offered: tuple[tuple[str, str, str], ...] = ()
    """(name, path, id of the package) of all available alternatives, sorted by name, the best first."""


def add_computed(merged: dict[str, MergedEntry], members: tuple[PackageInput, ...], world: WorldInput) -> AlternativeChoices:
    """Add to ``merged`` what scripts would create; return the alternatives."""
    for entry in (*_defaults_of(merged, members), *_php(merged, members), *_certificates(merged)):
        merged.setdefault(entry.path, entry)
    return _alternatives(merged, members, world)


def _to_link(path: str, target: str, owner: str) -> MergedEntry:
    return MergedEntry(path, "l", posixpath.relpath("/" + target, posixpath.dirname("/" + path)), owner)


def _alternatives(merged: dict[str, MergedEntry], members: tuple[PackageInput, ...], world: WorldInput) -> AlternativeChoices:
    arch = _DPKG_ARCH.get(world.arch, world.arch)
    offered = [(offer, member.id) for member in members for offer in read_offers(member.texts.get(".package/postinst", ""), arch)]
    owners = {(offer.name, offer.path): owner for offer, owner in offered}
    ranked = rank_alternatives([offer for offer, _ in offered], _reachable(merged, offered), world.choices)
    for choice in (best for best, *_ in ranked):
        owner = owners[choice.name, choice.path]
        pairs = [(choice.link, choice.path), *choice.slaves, (f"/etc/alternatives/{choice.name}", choice.path)]
        for link, path in pairs:
            if canonical_path(path) in merged:
                at = canonical_path(link)
                merged.setdefault(at, _to_link(at, canonical_path(path), owner))
    rows = tuple((offer.name, offer.path, owners[offer.name, offer.path]) for rivals in ranked for offer in rivals)
    return AlternativeChoices(tuple((best.name, best.path) for best, *_ in ranked), rows)


def _reachable(merged: dict[str, MergedEntry], offered: list[tuple[AlternativeOffer, str]]) -> set[str]:
    return {path for offer, _ in offered if (path := canonical_path(offer.path)) in merged}


def _defaults_of(merged: dict[str, MergedEntry], members: tuple[PackageInput, ...]) -> Iterator[MergedEntry]:
    """Return the copies that ``ucf SOURCE TARGET`` makes, and those that base-files makes from its share directory."""
    for member in members:
        script = member.texts.get(".package/postinst", "").replace("\\\n", " ")
        copied = {match[2]: match[1] for match in _COPIED.finditer(script)}
        for match in _UCF.finditer(script):
            source, target = canonical_path(copied.get(match[2].strip('"').rstrip("}"), match[2])), canonical_path(match[3])
            if (entry := merged.get(source)) is not None and entry.kind == "f":
                yield MergedEntry(target, "f", entry.origin, member.id)
        if member.name == "base-files":
            for name, target in (("nsswitch.conf", "etc/nsswitch.conf"), ("profile", "etc/profile"), ("dot.bashrc", "etc/skel/.bashrc")):
                if (entry := merged.get(f"usr/share/base-files/{name}")) is not None:
                    yield MergedEntry(target, "f", entry.origin, member.id)


def _php(merged: dict[str, MergedEntry], members: tuple[PackageInput, ...]) -> Iterator[MergedEntry]:
    """Return ``/etc/php/V/SAPI/conf.d/NN-module.ini`` and ``php.ini``, which ``phpenmod`` and ``ucf`` would create."""
    interfaces: set[tuple[str, str]] = set()
    for path, entry in list(merged.items()):
        if match := _PHP_INI.fullmatch(path):
            interfaces.add((match[1], match[2]))
            yield MergedEntry(f"etc/php/{match[1]}/{match[2]}/php.ini", "f", entry.origin, entry.owner)
    texts = {path: text for member in members for path, text in member.texts.items() if path.startswith("usr/share/php")}
    for path, entry in list(merged.items()):
        if match := _PHP.fullmatch(path):
            found = _PRIORITY.search(texts.get(path, ""))
            place = found[1] if found else "20"
            for version, interface in sorted(interfaces):
                if version == match[1]:
                    yield _to_link(f"etc/php/{version}/{interface}/conf.d/{place}-{match[2]}", path, entry.owner)


def _certificates(merged: dict[str, MergedEntry]) -> Iterator[MergedEntry]:
    """Return the CA bundle and one link per certificate, which ``update-ca-certificates`` would create."""
    found = {match[1]: path for path in sorted(merged) if (match := _CERTIFICATE.fullmatch(path)) and merged[path].kind == "f"}
    for name, path in found.items():
        yield _to_link(f"etc/ssl/certs/{name}.pem", path, merged[path].owner)
    if found:
        first = next(iter(found.values()))
        yield MergedEntry(BUNDLE, "c", "\n".join(merged[path].origin for path in found.values()), merged[first].owner)
