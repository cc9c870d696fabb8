"""Explain a conflict in sentences, and suggest fixes that were tried.

The engine's core is reduced to a minimal unsatisfiable subset (MUS). Equal statements of several versions of a package become one sentence.
The sentences start at the profile's own lines and follow the dependencies.
"""

from collections.abc import Iterator, Sequence

from nipsys.index.flags import spelled
from nipsys.model.system.conflict import Conflict, Fix, Reason
from nipsys.model.system.profile import Profile, Request
from nipsys.model.value import replace
from nipsys.resolve.engines.instance import ALONE, NEED, REFUSAL, ROOT, Answer, Core, CoreClause
from nipsys.resolve.engines.mus import minimal
from nipsys.resolve.engines.verifier import verify
from nipsys.resolve.solve import Case, Options, case_of, solve
from nipsys.resolve.universe import BASE, FLAG, Space
from nipsys.resolve.world import World

_LINES = 8
_FIXES = 3


def explain(case: Case, core: Core, options: Options) -> Conflict:
    """Return why ``case`` has no answer; with ``options.explain`` the core is minimised and fixes are searched for."""
    clauses = minimal(core.clauses) if options.explain else core.clauses
    reasons = sentences(case, clauses)
    if not options.explain:
        return Conflict((), reasons)
    roots = list(dict.fromkeys(clause.origin[1] for clause in clauses if clause.origin[0] == ROOT))
    return Conflict((), reasons, fixes(case, roots, options))


def sentences(case: Case, clauses: Sequence[CoreClause]) -> tuple[Reason, ...]:
    """Describe each clause once, similar ones together, starting at the profile's requests."""
    groups: dict[tuple[object, ...], list[CoreClause]] = {}
    for clause in clauses:
        key = _alike(case.space, clause)
        if key is None:
            continue
        while clause.origin[0] == NEED and any(clause.origin[1] == known.origin[1] for known in groups.get(key, ())):
            key = (*key, None)  # two dependencies of one version are two sentences; those of several versions share one
        groups.setdefault(key, []).append(clause)
    order = _from_the_roots(case.space, list(groups.values()))
    reasons = [_sentence(case, group) for group in order]
    if len(reasons) > _LINES:
        reasons = _shorter(case, order)
    if len(reasons) > _LINES:
        more = len(reasons) - _LINES + 1
        reasons = [*reasons[: _LINES - 1], Reason(f"and {more} more facts of the same kind")]
    return tuple(reasons)


def _shorter(case: Case, order: Sequence[list[CoreClause]]) -> list[Reason]:
    """Merge into one sentence everything that the same versions of a package depend on."""
    subjects: dict[object, list[list[CoreClause]]] = {}
    for place, group in enumerate(order):
        kind, one, two = group[0].origin
        plain = kind == NEED and two != FLAG and one < case.space.bases
        subjects.setdefault(tuple(clause.origin[1] for clause in group) if plain else -place, []).append(group)
    return [
        Reason(f"{_needing(case.space, groups[0])} needs {', and '.join(_needed(case.space, group) for group in groups)}")
        if len(groups) > 1
        else _sentence(case, groups[0])
        for groups in subjects.values()
    ]


def _alike(space: Space, clause: CoreClause) -> tuple[object, ...] | None:
    kind, one, two = clause.origin
    if kind == ROOT:
        return (kind, one)
    if kind == NEED:
        if two == BASE and one < space.bases:
            return None
        if two == FLAG and len(clause.literals) == 2 and space.asked.get(one):
            return None
        return (kind, _named(space, one), tuple(dict.fromkeys(_named(space, literal - 1) for literal in clause.literals if literal > 0)))
    if kind == REFUSAL:
        other = next(-literal - 1 for literal in clause.literals if -literal - 1 != one)
        return (kind, _named(space, one), _named(space, other))
    return (kind, _named(space, one))


def _named(space: Space, candidate: int) -> tuple[int, str]:
    if candidate >= space.bases:
        return (candidate - space.bases, space.name(candidate) if space.is_variant(candidate) else "")
    return (space.world(candidate), space.name(candidate))


def _from_the_roots(space: Space, groups: list[list[CoreClause]]) -> list[list[CoreClause]]:
    """Order groups: what the user requested, then its dependencies, and so on; conflicts once both sides were mentioned."""
    left = sorted(groups, key=lambda group: group[0].origin)
    mentioned: set[tuple[int, str]] = set()
    out = []
    while left:
        ready = next((group for group in left if _sides(space, group) <= mentioned), left[0])
        left.remove(ready)
        out.append(ready)
        mentioned.update(_named(space, abs(literal) - 1) for clause in ready for literal in clause.literals)
    return out


def _sides(space: Space, group: list[CoreClause]) -> set[tuple[int, str]]:
    return {_named(space, -literal - 1) for clause in group for literal in clause.literals if literal < 0}


def _sentence(case: Case, group: list[CoreClause]) -> Reason:
    space = case.space
    kind, one, _ = group[0].origin
    if kind == ROOT:
        request = case.wanted[one].request
        return Reason(f"you ask for `{spoken(request)}`", request.span)
    if kind == ALONE and space.is_variant(one):
        values = sorted({-literal - 1 for clause in group for literal in clause.literals})
        node = space.node(one)
        flags = [f"`{spelled(node.flag, space.version(value))}`" for value in values]
        return Reason(f"`{space.name(one).partition('[')[0]}` cannot have {_listed(flags, 'and')} at once")
    if kind == ALONE:
        versions = [space.version(candidate) for candidate in sorted({-literal - 1 for clause in group for literal in clause.literals})]
        return Reason(f"only one version of `{space.name(one)}` can be installed: {_listed(versions, 'or')}")
    if kind == NEED and group[0].origin[2] == FLAG:
        return _built(case, group)
    if kind == REFUSAL:
        said = _said(space, group)
        others = list(dict.fromkeys(-literal - 1 for clause in group for literal in clause.literals if -literal - 1 != clause.origin[1]))
        named = f"`{space.name(others[0])}`" == said
        return Reason(f"{_needing(space, group)} conflicts with {said}" + ("" if named else f", which is {_subject(space, others)}"))
    return Reason(f"{_needing(space, group)} needs {_needed(space, group)}")


def _needing(space: Space, group: Sequence[CoreClause]) -> str:
    """Name the packages whose dependencies a group of clauses states."""
    return _subject(space, list(dict.fromkeys(clause.origin[1] for clause in group)))


def _texts(space: Space, group: Sequence[CoreClause]) -> list[str]:
    return list(dict.fromkeys(_quoted(space, clause) for clause in group))


def _quoted(space: Space, clause: CoreClause) -> str:
    """Quote a dependency's text, or the ecosystem's own wording where it has one."""
    text = _text(space, clause)
    spoken = getattr(space.place(clause.origin[1])[0].dialect, "spoken", None) if clause.origin[2] >= 0 else None
    return spoken(text) if spoken else f"`{text}`"


def _said(space: Space, group: Sequence[CoreClause]) -> str:
    """Quote the texts of a group of clauses, only the first two if there are more."""
    texts = _texts(space, group)
    return ", ".join(texts[:2]) + (" and others" if len(texts) > 2 else "")


def _needed(space: Space, group: Sequence[CoreClause]) -> str:
    """Describe what a group of clauses depends on, and which packages provide it."""
    members = list(dict.fromkeys(literal - 1 for clause in group for literal in clause.literals if literal > 0))
    texts = _texts(space, group)
    if not members:
        world = space.place(group[0].origin[1])[0]
        nothing = f"nothing in `{world.spec.name}` provides"
        return (
            f"{texts[0]}, which {nothing}{_kin(world, _text(space, group[0]))}"
            if len(texts) == 1
            else f"what {nothing}: {_listed(texts, 'or')}"
        )
    provided = _providers(space, members)
    alone = len(texts) == 1 and texts[0] == f"`{space.name(members[0])}`" and len({space.name(member) for member in members}) == 1
    return _said(space, group) if alone or provided == f"`{space.name(members[0])}`" else f"{_said(space, group)}, which is {provided}"


def _kin(world: World, text: str) -> str:
    """Describe what is available instead for other machines or C libraries, where an ecosystem distinguishes them by name."""
    kin, spoken = getattr(world.dialect, "kin", None), getattr(world.dialect, "spoken", None)
    if kin is None or spoken is None:
        return ""
    index = world.index
    found = [index.candidates(index.name_of(number))[0] for number in index.starting(kin(text))]
    words = [spoken(" ".join((index.name(one), *(flag for flag in index.flags(one) if flag.startswith("libc="))))) for one in found]
    return f"; there is only {_listed(words, 'and')}" if words else ""


def _built(case: Case, group: list[CoreClause]) -> Reason:
    """Describe which values of a flag a package can have."""
    space = case.space
    candidates = list(dict.fromkeys(clause.origin[1] for clause in group))
    values = dict.fromkeys(literal - 1 for clause in group for literal in clause.literals if literal > 0)
    flags = [spelled(space.node(value).flag, space.version(value)) for value in values]
    subject = _subject(space, candidates)
    return Reason(f"{subject} is built with `{_listed(flags, 'or')}`" if flags else f"{subject} cannot be built with the requested flags")


def _text(space: Space, clause: CoreClause) -> str:
    _, candidate, number = clause.origin
    if number == BASE:
        return space.name(clause.literals[1] - 1)
    return space.place(candidate)[0].index.text(number)


def _subject(space: Space, candidates: Sequence[int]) -> str:
    """Name one package, with the versions concerned unless all are."""
    first = candidates[0]
    if space.is_variant(first):
        node = space.node(first)
        name = space.name(first).partition("[")[0]
        return f"`{name}` with `{_listed([spelled(node.flag, space.version(one)) for one in candidates], 'or')}`"
    if first >= space.bases:
        return f"every system with packages of `{space.worlds[first - space.bases].spec.name}`"
    name = space.name(first)
    if len(candidates) == len(space.group(first)):
        return f"`{name}`" if len(candidates) == 1 else f"every version of `{name}`"
    return f"`{name}` {_listed([space.version(candidate) for candidate in sorted(candidates)], 'and')}"


def _providers(space: Space, members: Sequence[int]) -> str:
    by_name: dict[tuple[int, int], list[int]] = {}
    for member in members:
        group = space.group(member)
        by_name.setdefault((group.start, group.stop), []).append(member)
    return _listed([_subject(space, rows) for rows in by_name.values()], "or")


def _listed(words: Sequence[str], last: str) -> str:
    if len(words) == 1:
        return words[0]
    if len(words) > 4:
        return (
            f"{words[-1]} to {words[0]} ({len(words)} versions)"
            if last == "and"
            else f"{', '.join(words[:3])} {last} {len(words) - 3} others"
        )
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def spoken(request: Request) -> str:
    """Return a request as the user wrote it, on one line."""
    words = [request.name, request.range, *map(str, request.flags)]
    words += [f'source="{request.source}"'] if request.source else []
    words += [f'pin="{request.pin}"'] if request.pin else []
    return " ".join(word for word in words if word)


def fixes(case: Case, roots: Sequence[int], options: Options) -> tuple[Fix, ...]:
    """Return up to three changes of the profile that make it solvable, the smallest first; each was solved."""
    found: list[Fix] = []
    quiet = options._replace(explain=False, minimal_change=False, optimal=False)
    for fix, profile in _ideas(case, roots):
        if len(found) < _FIXES and _works(case_of(case.space.worlds, profile, quiet), quiet):
            found.append(fix)
    for root in roots:
        request = case.wanted[root].request
        if len(found) < _FIXES and _works(case_of(case.space.worlds, _without(case.profile, request), quiet), quiet):
            found.append(_drop([request]))
    return tuple(found) or _several(case, roots, quiet)


def _ideas(case: Case, roots: Sequence[int]) -> Iterator[tuple[Fix, Profile]]:
    for root in roots:
        request = case.wanted[root].request
        name = request.name
        if request.pin:
            yield Fix(f"unpin `{name}`", "unpin", name), _with(case.profile, request, replace(request, pin=None))
        if request.range:
            yield (
                Fix(f"widen `{name} {request.range}` to any version", "widen", name),
                _with(case.profile, request, replace(request, range="")),
            )
        if request.flags:
            for flag in request.flags:
                rest = tuple(other for other in request.flags if other != flag)
                yield Fix(f"drop the flag `{flag}` of `{name}`", "flip", name), _with(case.profile, request, replace(request, flags=rest))
        if request.source and len(case.space.worlds) > 1:
            yield Fix(f"allow any source for `{name}`", "allow", name), _with(case.profile, request, replace(request, source=None))


def _with(profile: Profile, old: Request, new: Request) -> Profile:
    return replace(profile, requests=tuple(new if request is old else request for request in profile.requests))


def _without(profile: Profile, old: Request) -> Profile:
    return replace(profile, requests=tuple(request for request in profile.requests if request is not old))


def _works(case: Case, options: Options) -> bool:
    if not all(wanted.members for wanted in case.wanted):
        return False
    answer = solve(case, options)
    if isinstance(answer, Answer):
        verify(case.question, answer)
    return isinstance(answer, Answer)


def _drop(requests: Sequence[Request]) -> Fix:
    names = [f"`{request.name}`" for request in requests]
    return Fix(f"drop {_listed(names, 'and')}", "drop", requests[0].name)


def _several(case: Case, roots: Sequence[int], options: Options) -> tuple[Fix, ...]:
    """When no single change helps, drop one request of each conflict until none is left."""
    gone: list[Request] = []
    while roots:
        root = roots[-1]
        gone.append(case.wanted[root].request)
        case = case_of(case.space.worlds, _without(case.profile, gone[-1]), options)
        answer = solve(case, options)
        if isinstance(answer, Answer):
            return (_drop(gone),)
        roots = [clause.origin[1] for clause in minimal(answer.clauses) if clause.origin[0] == ROOT]
    return ()
