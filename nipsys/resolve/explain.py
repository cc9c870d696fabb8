"""Explain a conflict in sentences, and suggest fixes that were tried.

The engine's core is reduced to a minimal unsatisfiable subset (MUS). Equal statements of several versions of a package become one sentence.
The sentences start at the profile's own lines and follow the dependencies.
"""

from collections.abc import Iterator, Sequence

from nipsys.index import format_flag
from nipsys.model import replace
from nipsys.model.system import ANY_VERSION, Conflict, Fix, Profile, Reason, Request
from nipsys.resolve.case import Case, Options, build_case, solve_case
from nipsys.resolve.engines import CONFLICTS, DEPENDS, EXCLUSIVE, ROOT, Answer, Core, CoreClause, minimize_core, verify_answer
from nipsys.resolve.universe import BASE, FLAG, JoinedUniverse
from nipsys.resolve.world import World

_MAX_REASONS = 8
_MAX_FIXES = 3


def explain(case: Case, core: Core, options: Options) -> Conflict:
    """Return why ``case`` has no answer; with ``options.explain`` the core is minimised and fixes are searched for."""
    clauses = minimize_core(core.clauses) if options.explain else core.clauses
    reasons = describe_core(case, clauses)
    if not options.explain:
        return Conflict((), reasons)
    roots = list(dict.fromkeys(clause.origin[1] for clause in clauses if clause.origin[0] == ROOT))
    return Conflict((), reasons, find_fixes(case, roots, options))


def describe_core(case: Case, clauses: Sequence[CoreClause]) -> tuple[Reason, ...]:
    """Describe each clause once, similar ones together, starting at the profile's requests."""
    groups: dict[tuple[object, ...], list[CoreClause]] = {}
    for clause in clauses:
        key = _group_key(case.universe, clause)
        if key is None:
            continue
        while clause.origin[0] == DEPENDS and any(clause.origin[1] == known.origin[1] for known in groups.get(key, ())):
            key = (*key, None)  # two dependencies of one version are two sentences; those of several versions share one
        groups.setdefault(key, []).append(clause)
    order = _sort_from_roots(case.universe, list(groups.values()))
    reasons = [_describe_group(case, group) for group in order]
    if len(reasons) > _MAX_REASONS:
        reasons = _merge_by_subject(case, order)
    if len(reasons) > _MAX_REASONS:
        more = len(reasons) - _MAX_REASONS + 1
        reasons = [*reasons[: _MAX_REASONS - 1], Reason(f"and {more} more facts of the same kind")]
    return tuple(reasons)


def _merge_by_subject(case: Case, order: Sequence[list[CoreClause]]) -> list[Reason]:
    """Merge into one sentence everything that the same versions of a package depend on."""
    subjects: dict[object, list[list[CoreClause]]] = {}
    for place, group in enumerate(order):
        kind, one, two = group[0].origin
        plain = kind == DEPENDS and two != FLAG and one < case.universe.bases
        subjects.setdefault(tuple(clause.origin[1] for clause in group) if plain else -place, []).append(group)
    return [
        Reason(
            f"{_describe_dependents(case.universe, groups[0])} needs "
            + ", and ".join(_describe_dependency(case.universe, group) for group in groups)
        )
        if len(groups) > 1
        else _describe_group(case, groups[0])
        for groups in subjects.values()
    ]


def _group_key(universe: JoinedUniverse, clause: CoreClause) -> tuple[object, ...] | None:
    kind, one, two = clause.origin
    if kind == ROOT:
        return (kind, one)
    if kind == DEPENDS:
        if two == BASE and one < universe.bases:
            return None
        if two == FLAG and len(clause.literals) == 2 and universe.demanded_flags.get(one):
            return None
        return (
            kind,
            _name_key(universe, one),
            tuple(dict.fromkeys(_name_key(universe, literal - 1) for literal in clause.literals if literal > 0)),
        )
    if kind == CONFLICTS:
        other = next(-literal - 1 for literal in clause.literals if -literal - 1 != one)
        return (kind, _name_key(universe, one), _name_key(universe, other))
    return (kind, _name_key(universe, one))


def _name_key(universe: JoinedUniverse, candidate: int) -> tuple[int, str]:
    if candidate >= universe.bases:
        return (candidate - universe.bases, universe.name_of(candidate) if universe.is_variant(candidate) else "")
    return (universe.world_number(candidate), universe.name_of(candidate))


def _sort_from_roots(universe: JoinedUniverse, groups: list[list[CoreClause]]) -> list[list[CoreClause]]:
    """Order groups: what the user requested, then its dependencies, and so on; conflicts once both sides were mentioned."""
    left = sorted(groups, key=lambda group: group[0].origin)
    mentioned: set[tuple[int, str]] = set()
    out = []
    while left:
        ready = next((group for group in left if _names_before(universe, group) <= mentioned), left[0])
        left.remove(ready)
        out.append(ready)
        mentioned.update(_name_key(universe, abs(literal) - 1) for clause in ready for literal in clause.literals)
    return out


def _names_before(universe: JoinedUniverse, group: list[CoreClause]) -> set[tuple[int, str]]:
    return {_name_key(universe, -literal - 1) for clause in group for literal in clause.literals if literal < 0}


def _describe_group(case: Case, group: list[CoreClause]) -> Reason:
    universe = case.universe
    kind, one, _ = group[0].origin
    if kind == ROOT:
        request = case.requirements[one].request
        return Reason(f"`{format_request(request)}` is requested", request.span)
    if kind == EXCLUSIVE and universe.is_variant(one):
        values = sorted({-literal - 1 for clause in group for literal in clause.literals})
        node = universe.flag_group(one)
        flags = [f"`{format_flag(node.flag, universe.version_of(value))}`" for value in values]
        return Reason(f"`{universe.name_of(one).partition('[')[0]}` cannot have {_join_words(flags, 'and')} at once")
    if kind == EXCLUSIVE:
        versions = [
            universe.version_of(candidate) for candidate in sorted({-literal - 1 for clause in group for literal in clause.literals})
        ]
        return Reason(f"only one version of `{universe.name_of(one)}` can be installed: {_join_words(versions, 'or')}")
    if kind == DEPENDS and group[0].origin[2] == FLAG:
        return _describe_flag(case, group)
    if kind == CONFLICTS:
        said = _quote_some(universe, group)
        others = list(dict.fromkeys(-literal - 1 for clause in group for literal in clause.literals if -literal - 1 != clause.origin[1]))
        named = f"`{universe.name_of(others[0])}`" == said
        return Reason(
            f"{_describe_dependents(universe, group)} conflicts with {said}"
            + ("" if named else f", which is {_describe_package(universe, others)}")
        )
    return Reason(f"{_describe_dependents(universe, group)} needs {_describe_dependency(universe, group)}")


def _describe_dependents(universe: JoinedUniverse, group: Sequence[CoreClause]) -> str:
    """Name the packages whose dependencies a group of clauses states."""
    return _describe_package(universe, list(dict.fromkeys(clause.origin[1] for clause in group)))


def _quote_texts(universe: JoinedUniverse, group: Sequence[CoreClause]) -> list[str]:
    return list(dict.fromkeys(_quote_text(universe, clause) for clause in group))


def _quote_text(universe: JoinedUniverse, clause: CoreClause) -> str:
    """Quote a dependency's text, or the ecosystem's own wording where it has one."""
    text = _text(universe, clause)
    return universe.locate(clause.origin[1])[0].dialect.describe(text) if clause.origin[2] >= 0 else f"`{text}`"


def _quote_some(universe: JoinedUniverse, group: Sequence[CoreClause]) -> str:
    """Quote the texts of a group of clauses, only the first two if there are more."""
    texts = _quote_texts(universe, group)
    return ", ".join(texts[:2]) + (" and others" if len(texts) > 2 else "")


def _describe_dependency(universe: JoinedUniverse, group: Sequence[CoreClause]) -> str:
    """Describe what a group of clauses depends on, and which packages provide it."""
    members = list(dict.fromkeys(literal - 1 for clause in group for literal in clause.literals if literal > 0))
    texts = _quote_texts(universe, group)
    if not members:
        world = universe.locate(group[0].origin[1])[0]
        nothing = f"nothing in `{world.spec.name}` provides"
        return (
            f"{texts[0]}, which {nothing}{_describe_other_builds(world, _text(universe, group[0]))}"
            if len(texts) == 1
            else f"what {nothing}: {_join_words(texts, 'or')}"
        )
    provided = _describe_providers(universe, members)
    alone = (
        len(texts) == 1 and texts[0] == f"`{universe.name_of(members[0])}`" and len({universe.name_of(member) for member in members}) == 1
    )
    return (
        _quote_some(universe, group)
        if alone or provided == f"`{universe.name_of(members[0])}`"
        else f"{_quote_some(universe, group)}, which is {provided}"
    )


def _describe_other_builds(world: World, text: str) -> str:
    """Describe what is available instead for other machines or C libraries, where an ecosystem distinguishes them by name."""
    index, prefix = world.index, world.dialect.siblings_prefix(text)
    if not prefix:
        return ""
    found = [index.candidates(index.name_of(number))[0] for number in index.names_starting(prefix)]
    words = [
        world.dialect.describe(" ".join((index.name(one), *(flag for flag in index.flags(one) if flag.startswith("libc=")))))
        for one in found
    ]
    return f"; there is only {_join_words(words, 'and')}" if words else ""


def _describe_flag(case: Case, group: list[CoreClause]) -> Reason:
    """Describe which values of a flag a package can have."""
    universe = case.universe
    candidates = list(dict.fromkeys(clause.origin[1] for clause in group))
    values = dict.fromkeys(literal - 1 for clause in group for literal in clause.literals if literal > 0)
    flags = [format_flag(universe.flag_group(value).flag, universe.version_of(value)) for value in values]
    subject = _describe_package(universe, candidates)
    return Reason(
        f"{subject} is built with `{_join_words(flags, 'or')}`" if flags else f"{subject} cannot be built with the requested flags"
    )


def _text(universe: JoinedUniverse, clause: CoreClause) -> str:
    _, candidate, number = clause.origin
    if number == BASE:
        return universe.name_of(clause.literals[1] - 1)
    return universe.locate(candidate)[0].index.text(number)


def _describe_package(universe: JoinedUniverse, candidates: Sequence[int]) -> str:
    """Name one package, with the versions concerned unless all are."""
    first = candidates[0]
    if universe.is_variant(first):
        node = universe.flag_group(first)
        name = universe.name_of(first).partition("[")[0]
        return f"`{name}` with `{_join_words([format_flag(node.flag, universe.version_of(one)) for one in candidates], 'or')}`"
    if first >= universe.bases:
        return f"every system with packages of `{universe.worlds[first - universe.bases].spec.name}`"
    name = universe.name_of(first)
    if len(candidates) == len(universe.group(first)):
        return f"`{name}`" if len(candidates) == 1 else f"every version of `{name}`"
    return f"`{name}` {_join_words([universe.version_of(candidate) for candidate in sorted(candidates)], 'and')}"


def _describe_providers(universe: JoinedUniverse, members: Sequence[int]) -> str:
    by_name: dict[tuple[int, int], list[int]] = {}
    for member in members:
        group = universe.group(member)
        by_name.setdefault((group.start, group.stop), []).append(member)
    return _join_words([_describe_package(universe, rows) for rows in by_name.values()], "or")


def _join_words(words: Sequence[str], last: str) -> str:
    if len(words) == 1:
        return words[0]
    if len(words) > 4:
        return (
            f"{words[-1]} to {words[0]} ({len(words)} versions)"
            if last == "and"
            else f"{', '.join(words[:3])} {last} {len(words) - 3} others"
        )
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def format_request(request: Request) -> str:
    """Return a request as the user wrote it, on one line."""
    words = [request.name, request.range.text, *map(str, request.flags)]
    words += [f'source="{request.source}"'] if request.source else []
    words += [f'pin="{request.pin}"'] if request.pin else []
    return " ".join(word for word in words if word)


def find_fixes(case: Case, roots: Sequence[int], options: Options) -> tuple[Fix, ...]:
    """Return up to three changes of the profile that make it solvable, the smallest first; each was solved."""
    found: list[Fix] = []
    quiet = options._replace(explain=False, minimal_change=False, optimal=False)
    for fix, profile in _propose_fixes(case, roots):
        if len(found) < _MAX_FIXES and _is_solvable(build_case(case.universe.worlds, profile, quiet), quiet):
            found.append(fix)
    for root in roots:
        request = case.requirements[root].request
        if len(found) < _MAX_FIXES and _is_solvable(build_case(case.universe.worlds, _remove_request(case.profile, request), quiet), quiet):
            found.append(_drop_fix([request]))
    return tuple(found) or _drop_several(case, roots, quiet)


def _propose_fixes(case: Case, roots: Sequence[int]) -> Iterator[tuple[Fix, Profile]]:
    for root in roots:
        request = case.requirements[root].request
        name = request.name
        if request.pin:
            yield Fix(f"unpin `{name}`", "unpin", name), _replace_request(case.profile, request, replace(request, pin=None))
        if request.range.text:
            yield (
                Fix(f"widen `{name} {request.range}` to any version", "widen", name),
                _replace_request(case.profile, request, replace(request, range=ANY_VERSION)),
            )
        if request.flags:
            for flag in request.flags:
                rest = tuple(other for other in request.flags if other != flag)
                yield (
                    Fix(f"drop the flag `{flag}` of `{name}`", "flip", name),
                    _replace_request(case.profile, request, replace(request, flags=rest)),
                )
        if request.source and len(case.universe.worlds) > 1:
            yield (
                Fix(f"allow any source for `{name}`", "allow", name),
                _replace_request(case.profile, request, replace(request, source=None)),
            )


def _replace_request(profile: Profile, old: Request, new: Request) -> Profile:
    return replace(profile, requests=tuple(new if request is old else request for request in profile.requests))


def _remove_request(profile: Profile, old: Request) -> Profile:
    return replace(profile, requests=tuple(request for request in profile.requests if request is not old))


def _is_solvable(case: Case, options: Options) -> bool:
    if not all(wanted.members for wanted in case.requirements):
        return False
    answer = solve_case(case, options)
    if isinstance(answer, Answer):
        verify_answer(case.instance, answer)
    return isinstance(answer, Answer)


def _drop_fix(requests: Sequence[Request]) -> Fix:
    names = [f"`{request.name}`" for request in requests]
    return Fix(f"drop {_join_words(names, 'and')}", "drop", requests[0].name)


def _drop_several(case: Case, roots: Sequence[int], options: Options) -> tuple[Fix, ...]:
    """When no single change helps, drop one request of each conflict until none is left."""
    gone: list[Request] = []
    while roots:
        root = roots[-1]
        gone.append(case.requirements[root].request)
        case = build_case(case.universe.worlds, _remove_request(case.profile, gone[-1]), options)
        answer = solve_case(case, options)
        if isinstance(answer, Answer):
            return (_drop_fix(gone),)
        roots = [clause.origin[1] for clause in minimize_core(answer.clauses) if clause.origin[0] == ROOT]
    return ()
