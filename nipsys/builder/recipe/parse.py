"""Parse recipe text (KDL version 2) into a Recipe; every node is checked and every mistake has a source position."""

import os
import re

from nipsys.builder.recipe.node_reader import RecipeNode, parse_recipe_nodes
from nipsys.model import Problem, Rejected, reject, replace, suggest_or_list
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
_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]*")


def parse_recipe(file: str, body: str, folder: str = "") -> Recipe:
    """Parse the only recipe in a text; ``Rejected`` (kind ``build``) lists every mistake.

    ``folder`` is where files next to the recipe are found.
    """
    problems: list[Problem] = []
    found = parse_recipe_nodes(file, body, problems)
    recipes = [node for node in found if node.name == "recipe"]
    problems += [Problem("recipe-unknown", f"`{node.name}` is not a `recipe` node", node.span) for node in found if node.name != "recipe"]
    if len(recipes) != 1:
        raise reject(
            "build", "recipe-count", f"`{file}` contains {len(recipes)} recipes", hint="a recipe file contains exactly one `recipe` node"
        )
    recipe = _read_recipe(recipes[0], folder or os.path.dirname(file))
    if problems:
        raise Rejected(problems, "build")
    return recipe


def _read_recipe(node: RecipeNode, folder: str) -> Recipe:
    name = node.read_argument()
    if not _NAME.fullmatch(name):
        node.add_problem("recipe-name", f"`{name}` is not a valid recipe name", "use lower-case letters, digits and `+._-`")
    verify = next(iter(node.iter_children("verify")), None)
    recipe = Recipe(
        name=name,
        version=node.read_text("version"),
        passname=node.read_text("pass"),
        summary=node.read_value("summary"),
        license=node.read_value("license"),
        arch=node.read_text("arch", "x86_64"),
        libc=node.read_text("libc"),
        mount=node.read_text("mount"),
        base=_read_branch(node),
        steps=_read_steps(node, "steps"),
        output=_read_output(node),
        rebuild=verify.read_number("rebuild", 1) if verify else 1,
        fixpoint=_read_fixpoint(verify),
        member_of=node.read_value("member-of"),
        diverse=_read_diverse(verify),
        axes=tuple(_read_variant(child) for child in node.iter_children("variant")),
        seconds=node.read_number("seconds", 3600),
        folder=folder,
        span=node.span,
    )
    if verify:
        verify.finish()
    if not recipe.version:
        node.add_problem("recipe-version", f"recipe `{name}` has no version", 'write `recipe "NAME" version="..."`')
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
    kind = node.read_text("kind", "archive")
    sha256 = node.read_text("sha256")
    material = Material(
        name=node.read_argument(),
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
    if "deb" in node.properties:
        material = replace(material, kind="deb")
    if material.kind not in _KINDS:
        node.add_problem("recipe-kind", f"`{kind}` is not a kind of {node.name}", "use one of " + ", ".join(_KINDS))
    if material.kind == "host":
        if not material.opaque or not material.path.startswith("/"):
            node.add_problem("recipe-host", f"`{material.name}` is read from this machine, so it must be a seed with an absolute `path`")
    elif not _HEX.fullmatch(sha256):
        node.add_problem("recipe-pin", f"{node.name} `{material.name}` is not pinned", "add `sha256=` with 64 hexadecimal digits")
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
    name = node.read_argument()
    role = node.read_text("role", "tool")
    if role not in _ROLES:
        node.add_problem("recipe-role", f"`{role}` is not a role of an input", "use one of " + ", ".join(_ROLES))
    read = Input(name, node.read_text("recipe", name), role, node.read_text("mount"), node.read_values("flags"), node.span)
    node.finish()
    return read


def _read_root_link(node: RecipeNode) -> Link:
    texts = node.finish().read_arguments(2)
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
            printed = node.read_text("stdout") if "stdout" in node.properties else None
            step: Step = Run(
                node.read_arguments(1), node.read_text("cwd", "/build"), node.read_pairs("env"), node.read_number("status"), printed
            )
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
            node.add_problem("recipe-verb", f"`{node.name}` is not a step", suggest_or_list(node.name, _STEPS, "use one of"))
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
        fixpoint = Fixpoint(child.read_arguments(1), child.read_pairs("start"), child.read_number("rounds", 5))
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
    name = node.read_argument()
    values = list(node.iter_children("value"))
    if values:
        branches = tuple((value.read_argument(), _read_variant_branch(value)) for value in values)
        default = node.read_text("default", branches[0][0])
        if default not in dict(branches):
            node.add_problem("recipe-variant", f"`{default}` is not a value of variant `{name}`")
        node.finish()
        return RecipeVariant(name, default, branches)
    default = node.read_text("default", "off")
    if default not in {"on", "off"}:
        node.add_problem("recipe-variant", f"the default of flag `{name}` must be `on` or `off`, not `{default}`")
    return RecipeVariant(name, default, (("on", _read_variant_branch(node)), ("off", Branch())))


def _read_variant_branch(node: RecipeNode) -> Branch:
    branch = _read_branch(node)
    before, after = _read_steps(node, "before"), _read_steps(node, "after")
    node.finish()
    return replace(branch, before=before, after=after)
