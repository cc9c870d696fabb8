"""The independent verifier: reads the profile and the chosen packages again and checks that the answer satisfies them.

It uses nothing of the search, neither the universe nor numbered clauses, and walks from the chosen packages, not from the requests. The
meaning of a dependency's text comes from the mapped index, where it was stored when the source was synced. With ``from_text`` each text is
parsed and every version compared again, and providers of a name are looked up among the chosen packages alone. That takes a third of the
time of a solve, so it is for proofs, which take longer anyway, and for the tests.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nipsys.index import Index, parse_flag_values
from nipsys.model.package import Atom
from nipsys.model.system import ChosenPackage, Profile, Request, Resolution, VersionRange
from nipsys.resolve.engines import InvalidAnswer
from nipsys.resolve.world import World


def verify_resolution(worlds: Sequence[World], profile: Profile, resolution: Resolution, *, from_text: bool = False) -> None:
    """Raise ``InvalidAnswer`` unless the resolution satisfies the profile and all dependencies and conflicts of its packages."""
    by_name = {world.spec.name: world for world in worlds}
    picks: dict[str, list[ChosenPackage]] = {}
    for pick in resolution.packages:
        picks.setdefault(pick.source, []).append(pick)
    chosen = {source: _WorldPicks(by_name[source], there) for source, there in picks.items()}
    for one in chosen.values():
        one.verify(from_text=from_text)
    for request in profile.requests:
        if not any(one.meets(request, profile) for one in chosen.values()):
            raise InvalidAnswer(f"nothing in the answer satisfies the request `{request.name}`")


class _NamedPick(NamedTuple):
    """A chosen package under its own name or one it provides."""

    version: str
    pick: ChosenPackage
    arch: str


class _UnmetClauses(dict[int, bool]):
    """Whether, by the index, no chosen package satisfies a clause; computed once for each. ``True`` also where the text must be read."""

    def __init__(self, index: Index, chosen: Iterable[int], *, from_text: bool) -> None:
        self._members, self._from_text = index.members, from_text
        self._special = frozenset(index.special)
        self._apart = frozenset(chosen).isdisjoint

    def __missing__(self, clause: int) -> bool:
        found = self[clause] = self._from_text or clause in self._special or self._apart(self._members(clause))
        return found


class _WorldPicks:
    """The packages chosen from one world."""

    def __init__(self, world: World, picks: Sequence[ChosenPackage]) -> None:
        self.world = world
        self.picks = picks
        self.named = {pick.name: pick for pick in picks}
        if len(self.named) < len(picks):
            duplicate = next(pick for pick in picks if self.named[pick.name] is not pick)
            raise InvalidAnswer(f"two versions of `{duplicate.id}` are chosen")
        self._at = {pick.candidate: pick for pick in picks}
        self._compared: dict[tuple[str, str, str], bool] = {}
        self._known_answers: Mapping[str, list[_NamedPick]] | None = None
        self._special = frozenset(world.index.special)
        self._held = {pick.candidate: parse_flag_values(pick.flags) for pick in picks if pick.flags}
        for pick in picks if world.index.flagged else ():
            self._check_flags(pick, world.index.flags(pick.candidate))

    @property
    def answers(self) -> Mapping[str, list[_NamedPick]]:
        """Chosen packages by name, their own or a provided one; computed on first use."""
        if self._known_answers is None:
            self._known_answers = self._find_answers()
        return self._known_answers

    def _find_answers(self) -> Mapping[str, list[_NamedPick]]:
        found: dict[str, list[_NamedPick]] = {}
        offer, provide = self.world.index.offer, self.world.dialect.parse_provide
        for pick in self.picks:
            arch, _, provides = offer(pick.candidate)
            found.setdefault(pick.name, []).append(_NamedPick(pick.version, pick, arch))
            for text in provides:
                try:
                    name, version = provide(text)
                except ValueError:
                    continue
                found.setdefault(name, []).append(_NamedPick(version, pick, arch))
        return found

    def _check_flags(self, pick: ChosenPackage, offered: Sequence[str]) -> None:
        decided = parse_flag_values(pick.flags)
        for flag, values in parse_flag_values(offered).items():
            if len(decided.get(flag, ())) != 1 or decided[flag][0] not in values:
                raise InvalidAnswer(f"`{pick.id}` cannot have the decided value of `{flag}`")

    def verify(self, *, from_text: bool) -> None:
        """Check that all dependencies are satisfied, no conflicting packages are chosen and the world's essential packages are."""
        index, lacks = self.world.index, _UnmetClauses(self.world.index, self._at, from_text=from_text)
        meeting = self.iter_by_text if from_text else self.iter_by_index
        for pick in self.picks:
            if from_text and (index.name(pick.candidate), index.version(pick.candidate)) != (pick.name, pick.version):
                raise InvalidAnswer(f"`{pick.id}` {pick.version} is not the index's candidate {pick.candidate}")
            for clause in index.depends(pick.candidate):
                if lacks[clause] and not any(True for _ in meeting(clause, pick)):
                    raise InvalidAnswer(f"`{pick.id}` lacks `{index.text(clause)}`")
            for clause in index.conflicts(pick.candidate):
                if from_text or not lacks[clause]:
                    for other in meeting(clause, pick):
                        if other.name != pick.name:
                            raise InvalidAnswer(f"`{pick.id}` conflicts with `{other.id}`: `{index.text(clause)}`")
        if any(pick.requested for pick in self.picks):
            for candidate in index.essential:
                name = index.name(candidate)
                if name not in self.named and index.candidates(name)[0] == candidate:
                    raise InvalidAnswer(f"`{self.world.spec.name}` lacks its essential package `{name}`")

    def iter_by_index(self, clause: int, own: ChosenPackage) -> Iterable[ChosenPackage]:
        """Iterate over the chosen packages that satisfy a clause by the index; the text of one that depends on variants is read again."""
        if clause in self._special:
            yield from self.iter_by_text(clause, own)
        else:
            yield from [self._at[member] for member in self.world.index.members(clause) if member in self._at]

    def iter_by_text(self, clause: int, own: ChosenPackage) -> Iterable[ChosenPackage]:
        """Iterate over the chosen packages that satisfy a clause by its text; ``own`` itself where its own flag does."""
        text = self.world.index.text(clause)
        if text in self.named:
            yield self.named[text]
            return
        try:
            atoms = self.world.dialect.parse_clause(text)
        except ValueError:
            return
        for atom in atoms:
            if not atom.name:
                if self._has_flags(own, atom.flags):
                    yield own
                continue
            for answer in self.answers.get(atom.name, ()):
                if (not atom.relation or self._is_in_range(atom, answer.version)) and self._is_match(atom, answer):
                    yield answer.pick

    def _is_in_range(self, atom: Atom, version: str) -> bool:
        """Compare versions, each pair once: packages of one family have the same version."""
        comparison = (atom.relation, atom.version, version)
        known = self._compared.get(comparison)
        if known is None:
            known = self._compared[comparison] = self.world.dialect.matches(atom, version)
        return known

    def _is_match(self, atom: Atom, answer: _NamedPick) -> bool:
        usual = atom.arch in {"", "any", "native"} or answer.arch in {"", atom.arch}
        return usual and (not atom.flags or self._has_flags(answer.pick, atom.flags))

    def _has_flags(self, pick: ChosenPackage, asked: Iterable[str]) -> bool:
        """Return whether the decided flags of a package have the required values; a flag it does not know is off."""
        held = self._held.get(pick.candidate, {})
        return all(held.get(flag, ("off",)) == values for flag, values in parse_flag_values(asked).items())

    def meets(self, request: Request, profile: Profile) -> bool:
        """Return whether a chosen package satisfies a request of the profile."""
        world = self.world
        names = (world.spec.name, world.spec.kind)
        if request.source is not None and request.source not in names:
            return False
        if world.arch(profile.arch) != profile.arch:
            return False
        called = next((there for known, where, there in profile.aliases if known == request.name and where in names), request.name)
        named = self.named.get(called)
        wanted = {flag.name: flag.value for flag in request.flags}
        return any(
            self._is_allowed(request.range, answer.version)
            and (request.pin is None or self._is_pinned(answer, request.pin))
            and _has_decided(answer.pick, wanted)
            and (profile.libc is None or world.fits_libc(world.index.bare_record(answer.pick.candidate), profile.libc))
            for answer in ([_NamedPick(named.version, named, "")] if named else self.answers.get(called, ()))
        )

    def _is_allowed(self, wanted: VersionRange, version: str) -> bool:
        """Return whether a range allows a version; one that this source's dialect cannot read allows none."""
        try:
            return all(version and self.world.dialect.matches(atom, version) for atom in wanted.comparisons)
        except ValueError:
            return False

    # Like the meaning of a range above, this repeats what `requirements` does on purpose: a verifier that called the code it checks
    # would share its errors.
    def _is_pinned(self, answer: _NamedPick, pin: str) -> bool:
        names = (self.world.spec.name, self.world.spec.kind, *self.world.index.origins_of(answer.pick.candidate))
        return pin.removeprefix("=") == answer.version or pin in names


def _has_decided(pick: ChosenPackage, wanted: Mapping[str, str]) -> bool:
    held = parse_flag_values(pick.flags)
    for flag, value in wanted.items():
        several = "," in value or (flag not in held and any(known.startswith(f"{flag}:") for known in held))
        if several:
            if not all(held.get(f"{flag}:{part}") == ("on",) for part in value.split(",")):
                return False
        elif held.get(flag, ("off",)) != (value,):
            return False
    return True
