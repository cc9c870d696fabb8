"""The proving engine: clingo gets the clauses directly, finds an answer and proves that none is better.

Goals in order of weight: fewer packages leave the lock; requests are satisfied by their preferred candidate (pin, source, newest); the sum
over all packages of the newer versions skipped is smaller; fewer alternatives ``a | b`` are satisfied without the first; fewer packages
are installed. Core-guided optimisation (``usc,k,0,5``) makes this possible at the size of a distribution; clingo's default strategy does
not terminate. One thread and sorted facts: equal instances have equal answers.
"""

from collections.abc import Collection

import clingo

from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, Core, Instance
from nipsys.resolve.engines.reachable import ReachableClauses, find_reachable

_STAY, _ROOT, _NEW, _FIRST, _FEW = 5, 4, 3, 2, 1


class AspEngine:
    """The engine; its answers say ``asp``."""

    def __init__(self, locked: Collection[int] = ()) -> None:
        """Keep as many of ``locked`` as possible."""
        self._locked = locked

    def solve(self, instance: Instance) -> Answer | Core:
        """Return the best answer, or the core of the conflict."""
        first = CdclEngine().solve(instance)
        if isinstance(first, Core):
            return first
        reached = find_reachable(instance)
        control = clingo.Control(["--opt-strategy=usc,k,0,5", "--configuration=tweety", "--seed=1", "--parallel-mode=1"])
        atom = self._encode(control, instance, reached)
        best: list[int] = []

        def seen(model: clingo.Model) -> None:
            best[:] = [candidate for candidate, number in atom.items() if model.is_true(number)]

        result = control.solve(on_model=seen)
        assert result.satisfiable, "the built-in engine found an answer"
        return Answer(tuple(sorted(best)), "asp", int(control.statistics["solving"]["solvers"]["conflicts"]))

    def _encode(self, control: clingo.Control, instance: Instance, reached: ReachableClauses) -> dict[int, int]:
        """Add clauses and goals; return the atom of each candidate."""
        with control.backend() as backend:
            atom = {candidate: backend.add_atom() for candidate in reached.candidates}
            backend.add_rule(list(atom.values()), [], True)
            for clause in reached.clauses:
                backend.add_rule([], [-atom[literal - 1] if literal > 0 else atom[-literal - 1] for literal in clause.literals])
            stay = [(-atom[candidate], 1) for candidate in sorted(self._locked) if candidate in atom]
            if stay:
                backend.add_minimize(_STAY, stay)
            for place in range(1, max(map(len, (root.members for root in instance.roots)), default=0)):
                late = [(atom[root.members[place]], place) for root in instance.roots if len(root.members) > place]
                backend.add_minimize(_ROOT, late)
            group = instance.universe.group
            backend.add_minimize(_FIRST, [(number, 1) for number in _find_missed_firsts(instance, backend, atom)])
            backend.add_minimize(_NEW, [(atom[one], rank) for one in reached.candidates if (rank := one - group(one).start)])
            backend.add_minimize(_FEW, [(number, 1) for number in atom.values()])
        return atom


def _find_missed_firsts(instance: Instance, backend: clingo.Backend, atom: dict[int, int]) -> list[int]:
    """Return an atom for every alternative; it holds when the dependent is chosen and no candidate of the first name is."""
    group, expand = instance.universe.group, instance.universe.expand
    late = []
    for candidate, chosen in atom.items():
        for need in expand(candidate).depends:
            if need.choice and need.members:
                first = group(need.members[0])
                missed = backend.add_atom()
                backend.add_rule([missed], [chosen, *(-atom[member] for member in need.members if member in first)])
                late.append(missed)
    return late
