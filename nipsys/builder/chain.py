"""Build a recipe and its dependencies: inputs first, cycles iterated until they reach a fixpoint, seeds compared."""

from collections.abc import Mapping

from nipsys.builder.build import Workspace, build_concrete
from nipsys.builder.output import BuildRecord, capture_tree, check_expected, describe_difference, find_libc_conflicts
from nipsys.builder.recipe import RecipePath, concretize_recipe
from nipsys.model import Advanced, Problem, Rejected, Warned, reject, replace
from nipsys.model.package import DiverseBuild, Fixpoint, Recipe
from nipsys.model.system import Flag

Bindings = Mapping[str, BuildRecord]
"""The current build of each member of a fixpoint, by name."""


class RecipeBuilder:
    """Builds a recipe and everything it depends on."""

    def __init__(self, workspace: Workspace, recipes: RecipePath) -> None:
        """Build in ``workspace`` the recipes that ``recipes`` finds."""
        self.workspace = workspace
        self.recipe_path = recipes
        self._fixpoints: dict[str, dict[str, BuildRecord]] = {}
        self._in_progress: list[str] = []

    def build(self, recipe: Recipe, flags: tuple[Flag, ...] = ()) -> BuildRecord:
        """Build ``recipe`` with ``flags`` and return its record, which can then be found by its label. ``Rejected`` when a build fails."""
        record = self._build(recipe, flags, {}, again=self.workspace.options.rebuild)
        self.workspace.records.set_label(" ".join([recipe.name, *concretize_recipe(recipe, flags).non_default_flags()]), record.key)
        return record

    def _build(self, recipe: Recipe, flags: tuple[Flag, ...], bindings: Bindings, *, again: bool = False) -> BuildRecord:
        owner = recipe if recipe.fixpoint else self.recipe_path.find(recipe.member_of, recipe) if recipe.member_of else None
        if owner is not None and not bindings:
            members = self._build_fixpoint(owner)
            if not again:
                return members[recipe.name]
            bindings = members
        concrete = concretize_recipe(recipe, flags)
        if recipe.name in self._in_progress and not bindings:
            raise _cycle_error(recipe, self._in_progress)
        self._in_progress.append(recipe.name)
        try:
            inputs = {
                given.name: bindings.get(given.recipe) or self._build_named(given.recipe, recipe, given.flags)
                for given in concrete.branch.inputs
            }
        finally:
            self._in_progress.pop()
        if problems := find_libc_conflicts(concrete, inputs, self.workspace.trees):
            raise Rejected(problems, "request")
        return build_concrete(self.workspace, concrete, inputs, again=again)

    def _build_named(self, name: str, requester: Recipe, flags: tuple[str, ...]) -> BuildRecord:
        recipe = self.recipe_path.find(name, requester)
        wanted = tuple(parse_flag_word(flag) for flag in flags)
        record = self._build(recipe, wanted, {})
        self.workspace.records.set_label(" ".join([recipe.name, *concretize_recipe(recipe, wanted).non_default_flags()]), record.key)
        return record

    def _build_fixpoint(self, owner: Recipe) -> dict[str, BuildRecord]:
        """Build a fixpoint until it reproduces itself, from every seed that its recipe names."""
        if owner.name not in self._fixpoints:
            assert owner.fixpoint is not None
            done, rounds = self._iterate_from_any_seed(owner, owner.fixpoint)
            self._check_members(owner, owner.fixpoint, done)
            seeds: tuple[str, ...] = ()
            if owner.diverse and self.workspace.options.diverse:
                seeds = self._compare_seeds(owner, owner.fixpoint, owner.diverse, done)
            for name in owner.fixpoint.members:
                if owner.rebuild > 1 and not any(witness.shuffled for witness in done[name].witnesses):
                    done[name] = self._build(self.recipe_path.find(name, owner), (), done, again=True)
                alike = tuple((seed, done[name].tree) for seed in seeds) or done[name].converged
                done[name] = replace(done[name], fixpoint=owner.fixpoint.members, rounds=rounds, converged=alike)
                self.workspace.records.write(done[name])
                self.workspace.records.set_label(name, done[name].key)
            self._fixpoints[owner.name] = done
        return self._fixpoints[owner.name]

    def _check_members(self, owner: Recipe, fixpoint: Fixpoint, done: dict[str, BuildRecord]) -> None:
        """Compare the trees that a fixpoint reached with those that its recipes promise."""
        members = [(done[name], concretize_recipe(self.recipe_path.find(name, owner), ())) for name in fixpoint.members]
        if problems := [problem for record, concrete in members for problem in check_expected(concrete, record.tree)]:
            raise Rejected(problems, "build")

    def _iterate_from_any_seed(self, owner: Recipe, fixpoint: Fixpoint) -> tuple[dict[str, BuildRecord], int]:
        """Build the fixpoint from the default seed, or from the next one available: all seeds give the same bits.

        Returns the record of each member and the number of rounds.
        """
        values = owner.diverse.values if owner.diverse else ()
        try:
            return self._iterate(owner, fixpoint, ())
        except Rejected as rejected:
            if rejected.kind != "source" or not owner.diverse:
                raise
            for value in values:
                try:
                    found = self._iterate(owner, fixpoint, (Flag(owner.diverse.variant, value),))
                except Rejected as other:
                    if other.kind != "source":
                        raise
                else:
                    hint = "; ".join(problem.message for problem in rejected.problems)
                    self.workspace.report(
                        Warned(f"the default seed is unavailable; starting from `{owner.diverse.variant}={value}` instead", hint)
                    )
                    return found
            raise

    def _iterate(self, owner: Recipe, fixpoint: Fixpoint, flags: tuple[Flag, ...]) -> tuple[dict[str, BuildRecord], int]:
        now: dict[str, BuildRecord] = {}
        for member, start in fixpoint.start:
            now[member] = self._build(self.recipe_path.find(start, owner), flags, {})
        before: dict[str, str] = {}
        built: list[BuildRecord] = []
        for number in range(1, fixpoint.rounds + 1):
            for member in fixpoint.members:
                now[member] = self._build(self.recipe_path.find(member, owner), (), now)
                built.append(now[member])
            trees = {member: now[member].tree for member in fixpoint.members}
            self.workspace.report(
                Advanced("build", 1, f"round {number}: " + ", ".join(f"{name} {tree[7:23]}" for name, tree in trees.items()))
            )
            if trees == before:
                return {**now, **{member: _join_witnesses(now[member], built) for member in fixpoint.members}}, number
            before = trees
        names = ", ".join(f"`{name}`" for name in fixpoint.members)
        hint = "raise `rounds`, or keep paths that differ between rounds out of the results"
        raise reject(
            "build", "build-no-fixpoint", f"{names} did not reach a fixpoint in {fixpoint.rounds} rounds", hint=hint, span=owner.span
        )

    def _compare_seeds(self, owner: Recipe, fixpoint: Fixpoint, diverse: DiverseBuild, done: dict[str, BuildRecord]) -> tuple[str, ...]:
        """Bootstrap from each further seed; return the seeds that led to the same bits. ``Rejected`` when one led elsewhere."""
        found: list[str] = []
        problems: list[Problem] = []
        for value in dict.fromkeys((*diverse.values, *self.workspace.options.seeds)):
            seed = f"{diverse.variant}={value}"
            try:
                other, _ = self._iterate(owner, fixpoint, (Flag(diverse.variant, value),))
            except Rejected as rejected:
                if rejected.kind != "source":
                    raise
                missing = "; ".join(problem.message for problem in rejected.problems)
                self.workspace.report(Warned(f"seed `{seed}` is unavailable; `{owner.name}` was not compared with it", missing))
                continue
            different = [member for member in fixpoint.members if other[member].tree != done[member].tree]
            problems += [self._seed_mismatch(owner, member, seed, done[member], other[member]) for member in different]
            found.append(seed)
        if problems:
            raise Rejected(problems, "build")
        return tuple(found)

    def _seed_mismatch(self, owner: Recipe, member: str, seed: str, one: BuildRecord, other: BuildRecord) -> Problem:
        trees = self.workspace.trees
        difference = describe_difference(capture_tree(trees.path(one.tree_name())), capture_tree(trees.path(other.tree_name())))
        return Problem(
            "build-seeds-disagree",
            f"`{member}` built from seed `{seed}` differs from the one built from the default seed",
            owner.span,
            (f"first difference: {difference}", f"default: {one.tree}", f"{seed}: {other.tree}"),
            "one of the seeds changes what it compiles: trust neither until a third seed shows which",
        )


def _join_witnesses(record: BuildRecord, built: list[BuildRecord]) -> BuildRecord:
    """Add the witnesses of all rounds that gave the same tree: each was a separate build by another compiler."""
    seen = [witness for other in built if other.tree == record.tree for witness in other.witnesses]
    return replace(record, witnesses=tuple(dict.fromkeys((*record.witnesses, *seen))))


def parse_flag_word(text: str) -> Flag:
    """Parse ``+python``, ``-X`` or ``libc=glibc``; ``Rejected`` (kind ``request``) for anything else."""
    name, sign, value = text.partition("=")
    if sign and name and value:
        return Flag(name, value)
    if text[:1] in {"+", "-"} and len(text) > 1:
        return Flag(text[1:], "on" if text[0] == "+" else "off")
    raise reject("request", "bad-flag", f"`{text}` is not a flag", hint="write `+python`, `-X` or `libc=musl`")


def _cycle_error(recipe: Recipe, asked: list[str]) -> Rejected:
    path = " -> ".join(f"`{name}`" for name in (*asked, recipe.name))
    return reject(
        "build", "build-circle", f"dependency cycle: {path}", hint="break the cycle with a `fixpoint` that has a `start`", span=recipe.span
    )
