"""Parse recipe text (KDL version 2) into a Recipe; every node is checked and every mistake has a source position."""

import os
import re

from nipsys.builder.recipe.nodes import Node, nodes
from nipsys.model.package.recipe import (
    Archive,
    Axis,
    Branch,
    Compile,
    Copy,
    Directory,
    Diverse,
    Edit,
    Expected,
    Fixpoint,
    Generate,
    Input,
    Link,
    Material,
    Output,
    Part,
    Recipe,
    Remove,
    Replacement,
    Run,
    Step,
    Write,
)
from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.value import replace

_KINDS = ("archive", "file", "deb", "host")
_ROLES = ("tool", "library", "runtime")
_STEPS = ("run", "compile", "archive", "copy", "write", "generate", "edit", "link", "directory", "remove")
_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]*")


def read_recipe(file: str, body: str, folder: str = "") -> Recipe:
    """Parse the only recipe in a text; ``Rejected`` (kind ``build``) lists every mistake.

    ``folder`` is where files next to the recipe are found.
    """
    problems: list[Problem] = []
    found = nodes(file, body, problems)
    recipes = [node for node in found if node.name == "recipe"]
    problems += [Problem("recipe-unknown", f"`{node.name}` is not a `recipe` node", node.span) for node in found if node.name != "recipe"]
    if len(recipes) != 1:
        raise reject(
            "build", "recipe-count", f"`{file}` contains {len(recipes)} recipes", hint="a recipe file contains exactly one `recipe` node"
        )
    recipe = _recipe(recipes[0], folder or os.path.dirname(file))
    if problems:
        raise Rejected(problems, "build")
    return recipe


def _recipe(node: Node, folder: str) -> Recipe:
    name = node.first()
    if not _NAME.fullmatch(name):
        node.wrong("recipe-name", f"`{name}` is not a valid recipe name", "use lower-case letters, digits and `+._-`")
    verify = next(iter(node.inner("verify")), None)
    recipe = Recipe(
        name=name,
        version=node.text("version"),
        passname=node.text("pass"),
        summary=node.one("summary"),
        license=node.one("license"),
        arch=node.text("arch", "x86_64"),
        libc=node.text("libc"),
        mount=node.text("mount"),
        base=_branch(node),
        steps=_steps(node, "steps"),
        output=_output(node),
        rebuild=verify.number("rebuild", 1) if verify else 1,
        fixpoint=_fixpoint(verify),
        member_of=node.one("member-of"),
        diverse=_diverse(verify),
        axes=tuple(_axis(child) for child in node.inner("variant")),
        seconds=node.number("seconds", 3600),
        folder=folder,
        span=node.span,
    )
    if verify:
        verify.finish()
    if not recipe.version:
        node.wrong("recipe-version", f"recipe `{name}` has no version", 'write `recipe "NAME" version="..."`')
    node.finish()
    return recipe


def _branch(node: Node) -> Branch:
    """Read the nodes allowed both in a recipe and in a value of a variant."""
    return Branch(
        materials=tuple(_material(child) for child in node.inner("source", "seed")),
        inputs=tuple(_input(child) for child in node.inner("input")),
        links=tuple(_root_link(child) for child in node.inner("root-link")),
        exports=tuple(_root_link(child) for child in node.inner("export-link")),
        env=node.pairs("env"),
        arguments=tuple((texts[0], texts[1:]) for child in node.inner("arguments") for texts in (child.finish().texts(1),)),
        test=_steps(node, "test"),
    )


def _material(node: Node) -> Material:
    kind = node.text("kind", "archive")
    sha256 = node.text("sha256")
    material = Material(
        name=node.first(),
        kind=kind,
        sha256=sha256,
        size=node.number("size"),
        pool=node.text("deb-source") or node.text("deb"),
        urls=node.lists("url"),
        path=node.text("path"),
        strip=node.number("strip"),
        only=node.lists("only"),
        skip=node.lists("skip"),
        changes=tuple(_change(child) for child in node.inner("edit", "write")),
        opaque=node.name == "seed",
        reason=node.one("reason"),
        span=node.span,
    )
    if "deb" in node.properties:
        material = replace(material, kind="deb")
    if material.kind not in _KINDS:
        node.wrong("recipe-kind", f"`{kind}` is not a kind of {node.name}", "use one of " + ", ".join(_KINDS))
    if material.kind == "host":
        if not material.opaque or not material.path.startswith("/"):
            node.wrong("recipe-host", f"`{material.name}` is read from this machine, so it must be a seed with an absolute `path`")
    elif not _HEX.fullmatch(sha256):
        node.wrong("recipe-pin", f"{node.name} `{material.name}` is not pinned", "add `sha256=` with 64 hexadecimal digits")
    elif not (material.pool or material.urls or material.path):
        node.wrong("recipe-origin", f"{node.name} `{material.name}` has no origin", "add `deb-source=`, `deb=`, `path=` or `url`")
    if material.opaque and not material.reason:
        node.wrong("recipe-reason", f"seed `{material.name}` has no `reason`", "state why it must be trusted and how it was obtained")
    node.finish()
    return material


def _change(node: Node) -> Edit | Write:
    return _edit(node) if node.name == "edit" else _write(node)


def _edit(node: Node) -> Edit:
    replacements = []
    for child in node.inner("replace"):
        texts = child.texts(2)
        replacements.append(Replacement(texts[0], texts[1], child.number("count", 1)))
        child.finish()
    if not replacements:
        node.wrong("recipe-edit", "an `edit` without `replace` changes nothing")
    node.finish()
    return Edit(node.first(), tuple(replacements))


def _write(node: Node) -> Write:
    texts = node.texts(2)
    write = Write(texts[0], texts[1], node.yes("executable"))
    node.finish()
    return write


def _input(node: Node) -> Input:
    name = node.first()
    role = node.text("role", "tool")
    if role not in _ROLES:
        node.wrong("recipe-role", f"`{role}` is not a role of an input", "use one of " + ", ".join(_ROLES))
    read = Input(name, node.text("recipe", name), role, node.text("mount"), node.lists("flags"), node.span)
    node.finish()
    return read


def _root_link(node: Node) -> Link:
    texts = node.finish().texts(2)
    return Link(texts[0], texts[1])


def _steps(node: Node, name: str) -> tuple[Step, ...]:
    """Read the steps in all children called ``name``."""
    return tuple(step for parent in node.inner(name) for child in parent.children for step in _step_or_links(child))


def _step_or_links(node: Node) -> tuple[Step, ...]:
    """Read one step; ``links into="DIR" target="PROGRAM" NAME ...`` is short for several ``link`` steps."""
    if node.name != "links":
        step = _step(node)
        return (step,) if step is not None else ()
    into, target = node.text("into"), node.text("target")
    return tuple(Link(f"{into}/{name}", target) for name in node.finish().texts(1))


def _step(node: Node) -> Step | None:
    match node.name:
        case "run":
            printed = node.text("stdout") if "stdout" in node.properties else None
            step: Step = Run(node.texts(1), node.text("cwd", "/build"), node.pairs("env"), node.number("status"), printed)
        case "compile":
            step = Compile(node.first(), node.text("into", "/build/obj"), node.lists("argv"), node.lists("sources"), node.lists("skip"))
        case "archive":
            texts = node.texts(1)
            step = Archive(texts[0], texts[1:])
        case "copy":
            step = Copy(node.first(), node.text("to"), node.lists("skip"))
        case "write":
            return _write(node)
        case "generate":
            step = Generate(node.first(), tuple(_part(child) for child in node.inner("part")), node.text("sha256"))
        case "edit":
            return _edit(node)
        case "link":
            texts = node.texts(2)
            step = Link(texts[0], texts[1])
        case "directory":
            step = Directory(node.first())
        case "remove":
            step = Remove(node.texts(1))
        case _:
            node.wrong("recipe-verb", f"`{node.name}` is not a step", "use one of " + ", ".join(f"`{verb}`" for verb in _STEPS))
            return None
    node.finish()
    return step


def _part(node: Node) -> Part:
    for child in node.inner("substitute"):
        if len(child.arguments) != 2:
            child.wrong("recipe-argument", "`substitute` takes a regular expression and a replacement")
    part = Part(
        text="".join(line + "\n" for line in node.lists("line")),
        origin=node.lists("from"),
        until=node.text("until"),
        after=node.text("after"),
        keep=node.text("keep"),
        substitutions=tuple((texts[0], texts[1]) for child in node.inner("substitute") for texts in (child.finish().texts(2),)),
        names=node.text("names"),
        templates=node.pairs("templates"),
        chosen=node.lists("chosen"),
        values=node.pairs("values"),
    )
    for pattern in (part.until, part.after, part.keep, part.names, *(pattern for pattern, _ in part.substitutions)):
        try:
            re.compile(pattern)
        except re.error as error:
            node.wrong("recipe-pattern", f"`{pattern}` is not a valid regular expression: {error}")
    node.finish()
    return part


def _output(node: Node) -> Output:
    output = Output()
    for child in node.inner("output"):
        trees = []
        for tree in child.inner("tree"):
            texts = tree.finish().texts(1)
            trees.append(Expected(texts[0], tuple(sorted(texts[1:]))))
        output = Output(tuple(trees), child.lists("forbid"), child.lists("allow"), child.yes("static"), child.number("most"))
        child.finish()
    return output


def _fixpoint(node: Node | None) -> Fixpoint | None:
    if node is None:
        return None
    for child in node.inner("fixpoint"):
        fixpoint = Fixpoint(child.texts(1), child.pairs("start"), child.number("rounds", 5))
        child.finish()
        return fixpoint
    return None


def _diverse(node: Node | None) -> Diverse | None:
    if node is None:
        return None
    for child in node.inner("diverse"):
        texts = child.texts(1)
        diverse = Diverse(texts[0], child.text("variant"), texts[1:])
        if len(diverse.values) < 2:
            child.wrong("recipe-diverse", "`diverse` needs at least two values of a variant")
        child.finish()
        return diverse
    return None


def _axis(node: Node) -> Axis:
    """Read a variant: ``variant "python" { ... }`` is a flag, ``variant "libc" default="musl" { value "musl" {...} }`` a choice."""
    name = node.first()
    values = list(node.inner("value"))
    if values:
        branches = tuple((value.first(), _variant_branch(value)) for value in values)
        default = node.text("default", branches[0][0])
        if default not in dict(branches):
            node.wrong("recipe-variant", f"`{default}` is not a value of variant `{name}`")
        node.finish()
        return Axis(name, default, branches)
    default = node.text("default", "off")
    if default not in {"on", "off"}:
        node.wrong("recipe-variant", f"the default of flag `{name}` must be `on` or `off`, not `{default}`")
    return Axis(name, default, (("on", _variant_branch(node)), ("off", Branch())))


def _variant_branch(node: Node) -> Branch:
    branch = _branch(node)
    before, after = _steps(node, "before"), _steps(node, "after")
    node.finish()
    return replace(branch, before=before, after=after)
