"""Turn KDL nodes into a document in the shape of ``schemas/profile.json``.

What the shape cannot hold (an extra value, a second node of the same name) is reported here; what the shape can hold but the schema
forbids is left to the schema.
"""

from collections.abc import Iterable

from nipsys.profile.document import Document
from nipsys.profile.kdl.nodes import Node
from nipsys.profile.kdl.strict import NodeChecks
from nipsys.profile.kdl.syntax import read_kdl
from nipsys.profile.positions import KeyPath, Range


def fill_from_kdl(document: Document) -> None:
    """Read the document's text into its value; every error becomes a problem with its position, a line with a syntax error gives one."""
    text = document.positions.text
    found = read_kdl(text.body)
    for mistake in found.mistakes:
        document.add_problem_at("syntax", mistake.message, mistake.at, hint=mistake.hint)
    document.broken_lines = frozenset(text.span(mistake.at).line for mistake in found.mistakes)
    for at in found.annotations:
        message = f"type annotations such as `{text.body[at.start : at.end]}` are not allowed in a profile"
        document.add_problem_at("unknown-key", message, at, hint="remove it")
    if found.readable:
        _Filler(document).fill_part(found.nodes, document.value, (), inside_host=False)


class _Filler(NodeChecks):
    """Turns nodes into the document's value and reports what that cannot hold."""

    def fill_part(self, nodes: Iterable[Node], holder: dict[str, object], path: KeyPath, *, inside_host: bool) -> None:
        for node in nodes:
            match node.name:
                case "profile" if not inside_host:
                    self.profile(node, holder)
                case "arch" | "libc" | "run":
                    self.scalar(node, holder, path)
                case "include" if not inside_host:
                    self.include(node, holder)
                case "source":
                    self.source(node, holder, path)
                case "variants":
                    self.variants(node, holder, path)
                case "packages":
                    self.packages(node, holder, path)
                case "files":
                    self.files(node, holder, path)
                case "env":
                    self.env(node, holder, path)
                case "service":
                    self.service(node, holder, path)
                case "alternatives":
                    self.alternatives(node, holder, path)
                case "alias":
                    self.alias(node, holder, path)
                case "host" if not inside_host:
                    self.host(node, holder)
                case _:
                    self.document.set_once(holder, (*path, node.name), None, (node.at, node.at), f"`{node.name}`")

    def section(self, node: Node, holder: dict[str, object], path: KeyPath) -> tuple[dict[str, object], KeyPath]:
        """Return the object of a block and its path; several blocks of one name share one object."""
        inner = (*path, node.name)
        self.document.positions.keys.setdefault(inner, node.at)
        found = holder.setdefault(node.name, {})
        assert isinstance(found, dict)
        return found, inner

    def profile(self, node: Node, holder: dict[str, object]) -> None:
        name = self.take_argument(node, "a name")
        if name:
            self.document.set_once(holder, ("profile",), name[0], (node.at, name[1]), "the profile's name")
        for key, value, key_at, value_at in node.properties:
            if key in {"arch", "libc", "run"}:
                self.document.set_once(holder, (key,), value, (key_at, value_at), f"`{key}`")
            else:
                self.refuse_property(node, key, key_at, "arch", "libc", "run")
        self.refuse_children(node)

    def scalar(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        value = self.take_argument(node, "a value")
        if value:
            self.document.set_once(holder, (*path, node.name), value[0], (node.at, value[1]), f"`{node.name}`")
        self.refuse_properties(node)
        self.refuse_children(node)

    def include(self, node: Node, holder: dict[str, object]) -> None:
        files = holder.setdefault("include", [])
        assert isinstance(files, list)
        if not node.arguments:
            self.document.add_problem_at("missing", "`include` has no file", node.at, hint='write the path, as in `include "base.kdl"`')
        for value, at in node.arguments:
            self.document.positions.values["include", len(files)] = at
            files.append(value)
        self.refuse_properties(node)
        self.refuse_children(node)

    def source(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        kind = self.take_argument(node, "a kind", example='source "debian" suite="trixie"')
        if kind is None:
            return
        named = next((pair for pair in node.properties if pair[0] == "name"), None)
        name, name_at = (named[1], named[3]) if named else kind
        if not isinstance(name, str):
            self.document.add_problem_at("wrong-type", "the name of a source must be text", name_at, hint="put it in quotes")
            return
        sources, inner = self.section(node, holder, path)
        value: dict[str, object] = {"kind": kind[0]}
        here = (*inner, name)
        if not self.document.set_once(sources, here, value, (name_at, node.at), f"the source `{name}`"):
            self.replace_hint('give each its own name, as in `source "debian" name="sid" suite="sid"`')
        self.document.positions.values[(*here, "kind")] = kind[1]
        self.properties(node, value, here, skip="name")
        self.child_settings(node, value, here)

    def variants(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        for value, at in node.arguments:
            self.variant(found, inner, str(value), at)
        self.properties(node, found, inner)
        for child in node.children:
            if child.name[:1] in "+-" and not child.arguments:
                self.variant(found, inner, child.name, child.at)
            else:
                values = [value for value, _ in child.arguments]
                given: object = values[0] if len(values) == 1 else values or True
                at = child.arguments[0][1] if child.arguments else child.at
                self.document.set_once(found, (*inner, child.name), given, (child.at, at), f"the variant `{child.name}`")
            self.refuse_properties(child)
            self.refuse_children(child)

    def variant(self, found: dict[str, object], inner: KeyPath, text: str, at: Range) -> None:
        if text[:1] not in {"+", "-"} or len(text) < 2:
            self.document.add_problem_at("bad-value", f"`{text}` is not a variant", at, hint='write `+lto`, `-X` or `graphics "wayland"`')
            return
        self.document.set_once(found, (*inner, text[1:]), text[0] == "+", (at, at), f"the variant `{text[1:]}`")

    def packages(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        self.refuse_arguments(node, "packages { git }")
        self.refuse_properties(node)
        for child in node.children:
            before = found.get(child.name)
            if before is None and child.name not in found:
                here: KeyPath = (*inner, child.name)
                found[child.name] = self.package(child, here)
            else:
                several = before if isinstance(before, list) else [before]
                if not isinstance(before, list):
                    self.copy_places((*inner, child.name), (*inner, child.name, 0))
                here = (*inner, child.name, len(several))
                found[child.name] = [*several, self.package(child, here)]

    def copy_places(self, old: KeyPath, new: KeyPath) -> None:
        """Copy the positions of a package that becomes the first of a list."""
        where = self.document.positions
        for places in (where.keys, where.values):
            for path in [path for path in places if path[: len(old)] == old]:
                places[new + path[len(old) :]] = places[path]

    def package(self, node: Node, path: KeyPath) -> object:
        where = self.document.positions
        where.keys[path] = where.values[path] = node.at
        arguments = node.arguments
        if len(arguments) == 1 and isinstance(arguments[0][0], bool) and not node.properties and not node.children:
            where.values[path] = arguments[0][1]
            return arguments[0][0]
        value: dict[str, object] = {}
        flags: list[object] = []
        for argument, at in arguments:
            if isinstance(argument, str) and _is_flag(argument):
                where.values[(*path, "flags", len(flags))] = at
                flags.append(argument)
            else:
                self.document.set_once(value, (*path, "version"), argument, (at, at), f"the version of `{node.name}`")
        if flags:
            value["flags"] = flags
        self.properties(node, value, path)
        self.child_settings(node, value, path)
        return value

    def files(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        self.refuse_arguments(node, 'files { file "~/.vimrc" from="vimrc" }')
        self.refuse_properties(node)
        for child in node.children:
            if child.name != "file":
                self.document.add_problem_at(
                    "unknown-key",
                    f"`files` contains `file` nodes, not `{child.name}`",
                    child.at,
                    hint='write `file "~/.vimrc" from="vimrc"`',
                )
                continue
            target = self.take_argument(child, "a path", example='file "~/.vimrc" from="vimrc"')
            if target is None:
                continue
            here = (*inner, str(target[0]))
            value: dict[str, object] = {}
            self.document.set_once(found, here, value, (target[1], target[1]), f"the file `{target[0]}`")
            self.properties(child, value, here)
            self.refuse_children(child)

    def env(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        self.refuse_arguments(node, 'env { EDITOR "vim" }')
        self.properties(node, found, inner)
        for child in node.children:
            value = self.take_argument(child, "a value", example=f'{child.name} "vim"')
            if value:
                self.document.set_once(found, (*inner, child.name), value[0], (child.at, value[1]), f"the variable `{child.name}`")
            self.refuse_properties(child)
            self.refuse_children(child)

    def service(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        name = self.take_argument(node, "a name", example='service "redis" exec="redis-server"')
        if name is None:
            return
        found, inner = self.section(node, holder, path)
        here = (*inner, str(name[0]))
        value: dict[str, object] = {}
        self.document.set_once(found, here, value, (name[1], node.at), f"the {node.name} `{name[0]}`")
        self.properties(node, value, here)
        self.child_settings(node, value, here)

    def alias(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        self.refuse_arguments(node, 'alias { fd debian="fd-find" }')
        self.refuse_properties(node)
        for child in node.children:
            here = (*inner, child.name)
            value: dict[str, object] = {}
            self.document.set_once(found, here, value, (child.at, child.at), f"the alias `{child.name}`")
            self.refuse_arguments(child, 'fd debian="fd-find"')
            self.properties(child, value, here)
            self.refuse_children(child)

    def alternatives(self, node: Node, holder: dict[str, object], path: KeyPath) -> None:
        found, inner = self.section(node, holder, path)
        self.refuse_arguments(node, 'alternatives { editor "/usr/bin/vim.basic" }')
        self.refuse_properties(node)
        for child in node.children:
            value = self.take_argument(child, "a path", example=f'{child.name} "/usr/bin/…"')
            if value:
                self.document.set_once(found, (*inner, child.name), value[0], (child.at, value[1]), f"the alternative `{child.name}`")
            self.refuse_properties(child)
            self.refuse_children(child)

    def host(self, node: Node, holder: dict[str, object]) -> None:
        if not node.arguments:
            self.document.add_problem_at(
                "missing", "`host` has no name", node.at, hint='write a name or pattern, as in `host "web-*" { … }`'
            )
            return
        found, inner = self.section(node, holder, ())
        name = " ".join(str(value) for value, _ in node.arguments)
        here = (*inner, name)
        value: dict[str, object] = {}
        self.document.set_once(found, here, value, (node.arguments[0][1], node.at), f"the host `{name}`")
        self.refuse_properties(node)
        self.fill_part(node.children, value, here, inside_host=True)

    def properties(self, node: Node, value: dict[str, object], path: KeyPath, *, skip: str = "") -> None:
        for key, given, key_at, value_at in node.properties:
            if key != skip:
                self.document.set_once(value, (*path, key), given, (key_at, value_at), f"`{key}`")
        names = [key for key, *_ in node.properties]
        if skip and names.count(skip) > 1:
            last = next(pair for pair in reversed(node.properties) if pair[0] == skip)
            self.document.add_problem_at("duplicate", f"`{skip}` is a duplicate", last[2], hint="keep one of them")

    def child_settings(self, node: Node, value: dict[str, object], path: KeyPath) -> None:
        """Read children as settings: ``mirror "a" "b"`` is a list of two."""
        for child in node.children:
            here = (*path, child.name)
            given = [argument for argument, _ in child.arguments]
            if not given:
                self.document.add_problem_at(
                    "missing", f"`{child.name}` has no value", child.at, hint=f'write it after the name, as in `{child.name} "…"`'
                )
                continue
            at = child.arguments[0][1]
            if self.document.set_once(value, here, given[0] if len(given) == 1 else given, (child.at, at), f"`{child.name}`"):
                self.document.positions.values.update({(*here, index): place for index, (_, place) in enumerate(child.arguments)})
            self.refuse_properties(child)
            self.refuse_children(child)


def _is_flag(text: str) -> bool:
    """Return whether a word is a flag: ``+python``, ``-X`` or ``graphics=wayland``, but not a range such as ``=1.2-3``, nor ``-``."""
    if text[:1] in {"+", "-"} and len(text) > 1:
        return True
    name, equals, _ = text.partition("=")
    return bool(equals) and name.replace("-", "").replace("_", "").isalnum() and not name[0].isdigit()
