"""Parse recipe text (KDL version 2) into a Recipe; every node is checked and every mistake has a source position."""

import os
import re

from nipsys.builder.recipe.field_checks import check_path, read_mount, read_name, read_version, read_word
from nipsys.builder.recipe.node_reader import RecipeNode, RecipeText
from nipsys.model import Problem, replace, suggest_or_list
from nipsys.model.package import (
    Archive,
    Branch,
    Compile,
    Copy,
    Directory,
    DiverseBuild,
    Edit,
    ExpectedTree,
    Fixpoint,
    Generate,
    Input,
    Link,
    Material,
    OutputRules,
    Recipe,
    RecipeVariant,
    Remove,
    Replacement,
    Run,
    Step,
    TextPart,
    Write,
)

_KINDS = ("archive", "file", "deb", "host")
_ROLES = ("tool", "library", "runtime")
_STEPS = ("run", "compile", "archive", "copy", "write", "generate", "edit", "link", "directory", "remove")
_HEX = re.compile(r"[0-9a-f]{64}")
_WEEK = 7 * 86400
_MOST_BUILDS = 20
"""Each build after the first has its clock 400 days further ahead: with more, programs would fail for that alone."""


def parse_recipe(file: str, body: str, folder: str = "") -> Recipe:
    """Parse the only recipe in a text; ``Rejected`` (kind ``build``) lists every mistake.

    ``folder`` is where files next to the recipe are found.
    """
    text = RecipeText(file, body)
    recipes = []
    for node in text.parse():
        if node.name == "recipe":
            recipes.append(node)
        else:
            node.add_problem("recipe-unknown", f"`{node.name}` is not a `recipe` node", suggest_or_list(node.name, ("recipe",), "write"))
    if len(recipes) != 1:
        message, hint = f"`{file}` contains {len(recipes)} recipes", "a recipe file contains exactly one `recipe` node"
        span = recipes[1].span if recipes else None
        raise text.build_rejection(Problem("recipe-count", message, span, (), hint))
    recipe = _read_recipe(recipes[0], folder or os.path.dirname(file))
    if text.problems:
        raise text.build_rejection()
    return recipe


def _read_recipe(node: RecipeNode, folder: str) -> Recipe:
    name = read_name(node)
    verify = next(iter(node.iter_children("verify")), None)
    recipe = Recipe(
        name=name,
        version=read_version(node),
        passname=node.read_text("pass"),
        summary=node.read_value("summary"),
        license=node.read_value("license"),
        arch=node.read_text("arch", "x86_64"),
        libc=node.read_text("libc"),
        mount=read_mount(node),
        base=_read_branch(node),
        steps=_read_steps(node, "steps"),
        output=_read_output(node),
        rebuild=verify.read_number("rebuild", 1, low=1, high=_MOST_BUILDS) if verify else 1,
        fixpoint=_read_fixpoint(verify),
        member_of=node.read_value("member-of"),
        diverse=_read_diverse(verify),
        axes=tuple(_read_variant(child) for child in node.iter_children("variant")),
        seconds=node.read_number("seconds", 3600, low=1, high=_WEEK),
        folder=folder,
        span=node.span,
    )
    if verify:
        verify.finish()
    node.finish()
    return recipe


def _read_branch(node: RecipeNode) -> Branch:
    """Read the nodes allowed both in a recipe and in a value of a variant."""
    return Branch(
        materials=tuple(_read_material(child) for child in node.iter_children("source", "seed")),
        inputs=tuple(_read_input(child) for child in node.iter_children("input")),
        links=tuple(_read_root_link(child) for child in node.iter_children("root-link")),
        exports=tuple(_read_root_link(child) for child in node.iter_children("export-link")),
        env=node.read_pairs("env"),
        arguments=tuple(
            (texts[0], texts[1:]) for child in node.iter_children("arguments") for texts in (child.finish().read_arguments(1),)
        ),
        test=_read_steps(node, "test"),
    )


def _read_material(node: RecipeNode) -> Material:
    kind = node.read_one_of("kind", "archive", _KINDS, "recipe-kind")
    sha256 = node.read_text("sha256")
    material = Material(
        name=read_word(node, f"name of a {node.name}"),
        kind=kind,
        sha256=sha256,
        size=node.read_number("size"),
        pool=node.read_text("deb-source") or node.read_text("deb"),
        urls=node.read_values("url"),
        path=node.read_text("path"),
        strip=node.read_number("strip"),
        only=node.read_values("only"),
        skip=node.read_values("skip"),
        changes=tuple(_read_change(child) for child in node.iter_children("edit", "write")),
        opaque=node.name == "seed",
        reason=node.read_value("reason"),
        span=node.span,
    )
    if node.has("deb"):
        material = replace(material, kind="deb")
    if material.kind == "host":
        if not material.opaque or not material.path.startswith("/"):
            node.add_problem("recipe-host", f"`{material.name}` is read from this machine, so it must be a seed with an absolute `path`")
    elif not _HEX.fullmatch(sha256):
        node.add_problem(
            "recipe-pin", f"{node.name} `{material.name}` is not pinned", "add `sha256=` with 64 hexadecimal digits", key="sha256"
        )
    elif not (material.pool or material.urls or material.path):
        node.add_problem("recipe-origin", f"{node.name} `{material.name}` has no origin", "add `deb-source=`, `deb=`, `path=` or `url`")
    if material.opaque and not material.reason:
        node.add_problem("recipe-reason", f"seed `{material.name}` has no `reason`", "state why it must be trusted and how it was obtained")
    node.finish()
    return material


def _read_change(node: RecipeNode) -> Edit | Write:
    return _read_edit(node) if node.name == "edit" else _read_write(node)


def _read_edit(node: RecipeNode) -> Edit:
    replacements = []
    for child in node.iter_children("replace"):
        texts = child.read_arguments(2)
        replacements.append(Replacement(texts[0], texts[1], child.read_number("count", 1)))
        child.finish()
    if not replacements:
        node.add_problem("recipe-edit", "an `edit` without `replace` changes nothing")
    node.finish()
    return Edit(node.read_argument(), tuple(replacements))


def _read_write(node: RecipeNode) -> Write:
    texts = node.read_arguments(2)
    write = Write(texts[0], texts[1], node.read_bool("executable"))
    node.finish()
    return write


def _read_input(node: RecipeNode) -> Input:
    name = read_name(node)
    role = node.read_one_of("role", "tool", _ROLES, "recipe-role")
    read = Input(name, node.read_text("recipe", name), role, read_mount(node), node.read_values("flags"), node.span)
    node.finish()
    return read


def _read_root_link(node: RecipeNode) -> Link:
    texts = node.finish().read_arguments(2)
    check_path(node, texts[0])
    return Link(texts[0], texts[1])


def _read_steps(node: RecipeNode, name: str) -> tuple[Step, ...]:
    """Read the steps in all children called ``name``."""
    return tuple(step for parent in node.iter_children(name) for child in parent.children for step in _read_step_or_links(child))


def _read_step_or_links(node: RecipeNode) -> tuple[Step, ...]:
    """Read one step; ``links into="DIR" target="PROGRAM" NAME ...`` is short for several ``link`` steps."""
    if node.name != "links":
        step = _read_step(node)
        return (step,) if step is not None else ()
    into, target = node.read_text("into"), node.read_text("target")
    return tuple(Link(f"{into}/{name}", target) for name in node.finish().read_arguments(1))


def _read_step(node: RecipeNode) -> Step | None:
    match node.name:
        case "run":
            printed = node.read_text("stdout") if node.has("stdout") else None
            status = node.read_number("status", low=-64, high=255)
            step: Step = Run(node.read_arguments(1), node.read_text("cwd", "/build"), node.read_pairs("env"), status, printed)
        case "compile":
            step = Compile(
                node.read_argument(),
                node.read_text("into", "/build/obj"),
                node.read_values("argv"),
                node.read_values("sources"),
                node.read_values("skip"),
            )
        case "archive":
            texts = node.read_arguments(1)
            step = Archive(texts[0], texts[1:])
        case "copy":
            step = Copy(node.read_argument(), node.read_text("to"), node.read_values("skip"))
        case "write":
            return _read_write(node)
        case "generate":
            step = Generate(
                node.read_argument(), tuple(_read_part(child) for child in node.iter_children("part")), node.read_text("sha256")
            )
        case "edit":
            return _read_edit(node)
        case "link":
            texts = node.read_arguments(2)
            step = Link(texts[0], texts[1])
        case "directory":
            step = Directory(node.read_argument())
        case "remove":
            step = Remove(node.read_arguments(1))
        case _:
            node.add_problem("recipe-verb", f"`{node.name}` is not a step", suggest_or_list(node.name, (*_STEPS, "links"), "use one of"))
            return None
    node.finish()
    return step


def _read_part(node: RecipeNode) -> TextPart:
    for child in node.iter_children("substitute"):
        if len(child.arguments) != 2:
            child.add_problem("recipe-argument", "`substitute` takes a regular expression and a replacement")
    part = TextPart(
        text="".join(line + "\n" for line in node.read_values("line")),
        origin=node.read_values("from"),
        until=node.read_text("until"),
        after=node.read_text("after"),
        keep=node.read_text("keep"),
        substitutions=tuple(
            (texts[0], texts[1]) for child in node.iter_children("substitute") for texts in (child.finish().read_arguments(2),)
        ),
        names=node.read_text("names"),
        templates=node.read_pairs("templates"),
        chosen=node.read_values("chosen"),
        values=node.read_pairs("values"),
    )
    for pattern in (part.until, part.after, part.keep, part.names, *(pattern for pattern, _ in part.substitutions)):
        try:
            re.compile(pattern)
        except re.error as error:
            node.add_problem("recipe-pattern", f"`{pattern}` is not a valid regular expression: {error}")
    node.finish()
    return part


def _read_output(node: RecipeNode) -> OutputRules:
    output = OutputRules()
    for child in node.iter_children("output"):
        trees = []
        for tree in child.iter_children("tree"):
            texts = tree.finish().read_arguments(1)
            trees.append(ExpectedTree(texts[0], tuple(sorted(texts[1:]))))
        output = OutputRules(
            tuple(trees), child.read_values("forbid"), child.read_values("allow"), child.read_bool("static"), child.read_number("most")
        )
        child.finish()
    return output


def _read_fixpoint(node: RecipeNode | None) -> Fixpoint | None:
    if node is None:
        return None
    for child in node.iter_children("fixpoint"):
        fixpoint = Fixpoint(child.read_arguments(1), child.read_pairs("start"), child.read_number("rounds", 5, low=1, high=100))
        child.finish()
        return fixpoint
    return None


def _read_diverse(node: RecipeNode | None) -> DiverseBuild | None:
    if node is None:
        return None
    for child in node.iter_children("diverse"):
        texts = child.read_arguments(1)
        diverse = DiverseBuild(texts[0], child.read_text("variant"), texts[1:])
        if len(diverse.values) < 2:
            child.add_problem("recipe-diverse", "`diverse` needs at least two values of a variant")
        child.finish()
        return diverse
    return None


def _read_variant(node: RecipeNode) -> RecipeVariant:
    """Read a variant: ``variant "python" { ... }`` is a flag, ``variant "libc" default="musl" { value "musl" {...} }`` a choice."""
    name = read_word(node, "name of a variant")
    values = list(node.iter_children("value"))
    if values:
        branches = tuple((read_word(value, f"value of variant `{name}`"), _read_variant_branch(value)) for value in values)
        default = node.read_text("default", branches[0][0])
        if default not in dict(branches):
            hint = suggest_or_list(default, dict(branches), "use one of")
            node.add_problem("recipe-variant", f"`{default}` is not a value of variant `{name}`", hint, key="default")
        node.finish()
        return RecipeVariant(name, default, branches)
    default = node.read_text("default", "off")
    if default not in {"on", "off"}:
        node.add_problem("recipe-variant", f"the default of flag `{name}` must be `on` or `off`, not `{default}`", key="default")
    return RecipeVariant(name, default, (("on", _read_variant_branch(node)), ("off", Branch())))


def _read_variant_branch(node: RecipeNode) -> Branch:
    branch = _read_branch(node)
    before, after = _read_steps(node, "before"), _read_steps(node, "after")
    node.finish()
    return replace(branch, before=before, after=after)
