"""Apply flags to a recipe: the result is one concrete way to build it, identified by its variant hash."""

import re

from nipsys.model import Digest, Frozen, Problem, Rejected, asdict, blake3_of, replace, suggest_or_list, to_canonical_json
from nipsys.model.package import Branch, Compile, Recipe, RecipeVariant, Run, Step, step_to_dict
from nipsys.model.system import Flag

_FORMAT = 1
"""Increased when a newer nipsys builds the same recipe differently."""
_ARGUMENTS_PLACEHOLDER = re.compile(r"\{args:([a-z0-9_-]+)\}")


class ConcreteRecipe(Frozen):
    """A recipe with a value for every variant."""

    recipe: Recipe
    flags: tuple[tuple[str, str], ...]
    """Variant and value, by name."""
    branch: Branch
    """The recipe's base merged with what the chosen values add."""
    steps: tuple[Step, ...]

    def label(self) -> str:
        """Return name, version, pass and the flags that differ from the default, for messages."""
        words = [self.recipe.name, self.recipe.version]
        if self.recipe.passname:
            words.append(f"({self.recipe.passname})")
        return " ".join([*words, *self.non_default_flags()])

    def non_default_flags(self) -> tuple[str, ...]:
        """Return the flags that differ from the default, as the user writes them, sorted."""
        defaults = {axis.name: axis.default for axis in self.recipe.axes}
        return tuple(sorted(str(Flag(name, value)) for name, value in self.flags if defaults[name] != value))

    def expected_tree(self) -> Digest:
        """Return the tree digest that the recipe states for these flags; empty when it states none."""
        return next((expected.tree for expected in self.recipe.output.expected if expected.flags == self.non_default_flags()), "")

    def variant_hash(self, inputs: dict[str, object]) -> Digest:
        """Return the variant hash: BLAKE3 over everything that may change the result.

        ``inputs`` maps the mount of every input to its tree. Mirrors, descriptions, checks and limits are not included.
        """
        recipe = self.recipe
        return blake3_of(
            to_canonical_json(
                {
                    "format": _FORMAT,
                    "name": recipe.name,
                    "version": recipe.version,
                    "pass": recipe.passname,
                    "arch": recipe.arch,
                    "libc": recipe.libc,
                    "flags": [list(flag) for flag in self.flags],
                    "out": recipe.out,
                    "materials": [_material_identity(asdict(material)) for material in self.branch.materials],
                    "inputs": inputs,
                    "links": [asdict(link) for link in self.branch.links],
                    "exports": [asdict(link) for link in self.branch.exports],
                    "env": [list(pair) for pair in self.branch.env],
                    "steps": [step_to_dict(step) for step in self.steps],
                }
            )
        )


def _material_identity(value: dict[str, object]) -> dict[str, object]:
    return {
        key: value[key]
        for key in ("name", "kind", "sha256", "path", "strip", "only", "skip", "changes")
        if key != "path" or not value["sha256"]
    }


def concretize_recipe(recipe: Recipe, flags: tuple[Flag, ...]) -> ConcreteRecipe:
    """Decide every variant of ``recipe``; ``Rejected`` (kind ``request``) lists all unknown flags and values."""
    axes = {axis.name: axis for axis in recipe.axes}
    problems = [problem for flag in flags if (problem := _check_flag(recipe, axes.get(flag.name), flag))]
    if problems:
        raise Rejected(problems, "request")
    wanted = {flag.name: flag.value for flag in flags}
    decided = tuple(sorted((axis.name, wanted.get(axis.name, axis.default)) for axis in recipe.axes))
    branches = [recipe.base, *(branch for name, value in decided for known, branch in axes[name].branches if known == value)]
    merged = _merge_branches(branches)
    arguments: dict[str, list[str]] = {}
    for name, words in merged.arguments:
        arguments.setdefault(name, []).extend(words)
    steps = tuple(_fill_arguments(step, arguments) for step in (*merged.before, *recipe.steps, *merged.after))
    return ConcreteRecipe(recipe, decided, merged, steps)


def _check_flag(recipe: Recipe, axis: RecipeVariant | None, flag: Flag) -> Problem | None:
    if axis is None:
        known = [axis.name for axis in recipe.axes]
        hint = suggest_or_list(flag.name, known, "its variants are") if known else "the recipe has no variants"
        return Problem("unknown-flag", f"recipe `{recipe.name}` has no variant `{flag.name}`", flag.span, (), hint)
    if flag.value not in axis.values():
        return Problem(
            "unknown-flag-value",
            f"variant `{flag.name}` of recipe `{recipe.name}` has no value `{flag.value}`",
            flag.span,
            (),
            suggest_or_list(flag.value, axis.values(), "use one of"),
        )
    return None


def _merge_branches(branches: list[Branch]) -> Branch:
    """Merge branches in order; a later material, input, link or variable replaces an earlier one of the same name."""
    return Branch(
        materials=tuple({material.name: material for branch in branches for material in branch.materials}.values()),
        inputs=tuple({given.name: given for branch in branches for given in branch.inputs}.values()),
        links=tuple({link.path: link for branch in branches for link in branch.links}.values()),
        exports=tuple({link.path: link for branch in branches for link in branch.exports}.values()),
        env=tuple({name: (name, value) for branch in branches for name, value in branch.env}.values()),
        arguments=tuple(pair for branch in branches for pair in branch.arguments),
        before=tuple(step for branch in branches for step in branch.before),
        after=tuple(step for branch in branches for step in branch.after),
        test=tuple(step for branch in branches for step in branch.test),
    )


def _fill_arguments(step: Step, arguments: dict[str, list[str]]) -> Step:
    if not isinstance(step, Run | Compile):
        return step
    words: list[str] = []
    for word in step.argv:
        whole = _ARGUMENTS_PLACEHOLDER.fullmatch(word)
        if whole:
            words += arguments.get(whole[1], [])
        else:
            words.append(_ARGUMENTS_PLACEHOLDER.sub(lambda found: " ".join(arguments.get(found[1], [])), word))
    return replace(step, argv=tuple(words))
