"""Check a built tree before it enters the store."""

from nipsys.builder.output.capture import find_dynamic_programs, find_texts
from nipsys.builder.recipe import ConcreteRecipe
from nipsys.model import Digest, Problem
from nipsys.model.system import Tree


def check_output(concrete: ConcreteRecipe, folder: str, tree: Tree, work: str) -> tuple[list[Problem], tuple[str, ...], tuple[str, ...]]:
    """Check the result in ``folder``; return the problems, the mounts of inputs it refers to, and its dynamic programs."""
    recipe, output = concrete.recipe, concrete.recipe.output
    label = concrete.label()
    mounts = [given.mount or f"/store/{given.name}" for given in concrete.branch.inputs]
    forbidden = [text for text in (work, "/build/", *output.forbid) if text not in output.allow]
    found = find_texts(folder, [*forbidden, *mounts])
    problems = [_path_leak(concrete, text, found[text], work) for text in forbidden if text in found]
    references = tuple(mount for mount in mounts if mount in found)
    strangers = [mount for mount in references if output.allow and mount not in output.allow and mount != recipe.out]
    problems += [_undeclared_reference(concrete, mount, found[mount]) for mount in strangers]
    dynamic = tuple(find_dynamic_programs(folder))
    if output.static and dynamic:
        problems.append(
            Problem(
                "build-not-static",
                f"`{dynamic[0]}` of `{label}` needs an interpreter, but the recipe requires static programs",
                recipe.span,
            )
        )
    if output.most and tree.size > output.most:
        message = f"`{label}` has {tree.size} bytes; the recipe allows at most {output.most}"
        problems.append(Problem("build-size", message, recipe.span))
    if not tree.entries:
        problems.append(
            Problem("build-empty", f"`{label}` put nothing into `{recipe.out}`", recipe.span, (), "steps must write to `{out}`")
        )
    return problems, references, dynamic


def _undeclared_reference(concrete: ConcreteRecipe, mount: str, path: str) -> Problem:
    message = f"`{path}` of `{concrete.label()}` refers to `{mount}`, which the recipe does not allow"
    hint = f'write `allow "{mount}"` in `output`, or keep the path out of the result'
    return Problem("build-reference", message, concrete.recipe.span, (), hint)


def _path_leak(concrete: ConcreteRecipe, text: str, path: str, work: str) -> Problem:
    what = "the path of the build directory" if text in {work, "/build/"} else f"`{text}`"
    return Problem(
        "build-path-leak",
        f"`{path}` of `{concrete.label()}` contains {what}, which must not be in a result",
        concrete.recipe.span,
        (f"found: {text}",),
        "pass `-ffile-prefix-map` to the compiler, or build without debugging information",
    )


def check_expected(concrete: ConcreteRecipe, tree: Digest) -> list[Problem]:
    """Compare the result with the tree digest that the recipe states for these flags."""
    expected = concrete.expected_tree()
    if not expected or expected == tree:
        return []
    return [
        Problem(
            "build-output-digest",
            f"`{concrete.label()}` does not match the tree digest in its recipe",
            concrete.recipe.span,
            (f"recipe: {expected}", f"built:  {tree}"),
            "the inputs are pinned, so look for what depends on the machine: `--rebuild` compares two builds file by file",
        )
    ]
