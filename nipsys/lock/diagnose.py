"""Diagnose a lock that cannot be read: every error with its line, and how to repair it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import ckdl

from nipsys.lock import parse as nodes
from nipsys.lock.validate import find_missing, is_bad_digest
from nipsys.lock.write import format_lock, format_package, format_source
from nipsys.model import Problem, Span
from nipsys.model.system import LockedPackage, LockedSource

HINT = "run `nipsys lock` to rewrite it; move manual edits to the profile"
_MERGE_HINT = "keep either side of the conflict, then run `nipsys lock`"


class NodeText(NamedTuple):
    """The lines of one node: the writer starts every node, and nothing else, in the first column."""

    line: int
    """Number of its first line; the first line of the text is 1."""
    text: str


def find_problems(text: str, path: str) -> list[Problem]:
    """Return the errors in the text of a lock; at least one."""
    return _Diagnosis(text, path).find_all()


class _Diagnosis:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.found: list[Problem] = []

    def find_all(self) -> list[Problem]:
        self.check_merge_markers()
        if not self.found:
            self.check_encoding()
        if not self.found:
            self.check_nodes()
        if not self.found:
            self.check_canonical()
        return sorted(self.found, key=lambda problem: (problem.span.line, problem.span.column) if problem.span else (0, 0))

    def add_problem(self, code: str, message: str, chunk: NodeText, needle: str = "", *notes: str, hint: str = HINT) -> None:
        """Record an error at ``needle`` within a node, or at the first word of the node."""
        before, found, _ = chunk.text.partition(needle) if needle else ("", "", "")
        line = chunk.line + before.count("\n") if found else chunk.line
        shown = chunk.text.split("\n")[line - chunk.line]
        column = len(before.rpartition("\n")[2]) + 1 if found else 1
        length = len(needle) if found else len(shown.split(" ")[0])
        self.found.append(Problem(code, message, Span(self.path, line, column, max(1, length), shown), notes, hint))

    def check_merge_markers(self) -> None:
        for number, line in enumerate(self.text.split("\n"), 1):
            if line.startswith("<<<<<<< "):
                self.add_problem("lock-conflict", "unresolved merge conflict in the lock", NodeText(number, line), hint=_MERGE_HINT)

    def check_encoding(self) -> None:
        if foreign := re.search("[\ud800-\udfff]", self.text):
            number = self.text.count("\n", 0, foreign.start()) + 1
            self.add_problem("lock-encoding", "the lock is not UTF-8", NodeText(number, self.text.split("\n")[number - 1]))
        if "\r" in self.text:
            line = self.text[: self.text.index("\r")]
            hint = "add `*.lock.kdl -text` to `.gitattributes` and check the file out again"
            self.add_problem(
                "lock-line-ends",
                "the line endings of the lock were changed",
                NodeText(line.count("\n") + 1, line.rpartition("\n")[2]),
                hint=hint,
            )

    def check_nodes(self) -> None:
        sources: dict[str, NodeText] = {}
        packages: dict[str, tuple[LockedPackage, NodeText]] = {}
        heads = 0
        for chunk in split_nodes(self.text):
            node = self.parse_kdl(chunk)
            if node is None:
                continue
            try:
                value = _parse_node(node)
            except (nodes.InvalidNode, TypeError, AttributeError) as mistake:
                reason = str(mistake) if isinstance(mistake, nodes.InvalidNode) else f"`{node.name}` has a value of the wrong type"
                self.add_problem("lock-node", reason, chunk, hint=getattr(mistake, "hint", None) or HINT)
                continue
            self.check_spelling(value, chunk)
            match value:
                case LockedSource():
                    self.check_unique(value.name, sources.get(value.name), f"source `{value.name}`", chunk)
                    sources[value.name] = chunk
                case LockedPackage():
                    before = packages.get(value.id)
                    self.check_unique(value.id, before and before[1], f"package `{value.id}`", chunk)
                    packages[value.id] = value, chunk
                case _:
                    heads += 1
        if not self.found and heads != 2:
            self.add_problem(
                "lock-node", "a lock must start with one `lock` and one `profile` node", NodeText(1, self.text.split("\n", 1)[0])
            )
        if not self.found:
            self.check_references(sources, packages)

    def check_spelling(self, value: LockedSource | LockedPackage | None, chunk: NodeText) -> None:
        """Record a node that the writer would write differently."""
        if value is None:
            return
        try:
            wanted = (format_source(value) if isinstance(value, LockedSource) else format_package(value)).strip("\n")
        except (ValueError, TypeError, AttributeError):
            self.add_problem("lock-node", f"`{value.name}` has a value of the wrong type", chunk, value.name)
            return
        for number, (ours, theirs) in enumerate(zip([*wanted.split("\n"), ""], [*chunk.text.split("\n"), ""], strict=False), chunk.line):
            if ours != theirs:
                notes = (f"nipsys would write `{ours.strip()}`",) if ours.strip() else ()
                self.add_problem("lock-wording", "the lock is not in canonical form", NodeText(number, theirs), theirs.strip(), *notes)
                return

    def parse_kdl(self, chunk: NodeText) -> ckdl.Node | None:
        try:
            found = ckdl.parse(chunk.text, version="2").nodes
        except (ckdl.ParseError, RecursionError):
            self.add_problem("lock-syntax", "invalid KDL", chunk)
            return None
        if len(found) != 1:
            self.add_problem("lock-syntax", "each node of a lock must start on its own line", chunk)
            return None
        return found[0]

    def check_unique(self, name: str, before: NodeText | None, noun: str, chunk: NodeText) -> None:
        if before:
            self.add_problem("lock-duplicate", f"duplicate {noun}", chunk, name, f"first locked at {self.path}:{before.line}")

    def check_references(self, sources: dict[str, NodeText], packages: dict[str, tuple[LockedPackage, NodeText]]) -> None:
        values = [value for value, _ in packages.values()]
        for identity, lacking in find_missing(frozenset(sources), values).items():
            value, chunk = packages[identity]
            for name in lacking:
                if name == value.source:
                    self.add_problem(
                        "lock-source", f"package `{identity}` is from source `{name}`, which is not in the lock", chunk, identity
                    )
                else:
                    self.add_problem("lock-need", f"package `{identity}` depends on `{name}`, which is not in the lock", chunk, name)
        for value, chunk in packages.values():
            if is_bad_digest(value.digest):
                self.add_problem(
                    "lock-digest",
                    f"package `{value.id}` has an invalid digest",
                    chunk,
                    value.digest,
                    "expected for example `sha256:` and 64 lower-case hexadecimal digits",
                )

    def check_canonical(self) -> None:
        """Find what differs from the canonical text although every single node is valid."""
        first = NodeText(1, self.text.split("\n", 1)[0])
        try:
            lock = nodes.parse_document(self.text)
            wanted = format_lock(lock)
        except (ckdl.ParseError, ValueError, TypeError, AttributeError):
            self.add_problem("lock-node", "`lock` and `profile` must come first and contain text", first)
            return
        for number, (ours, theirs) in enumerate(zip(wanted.split("\n"), [*self.text.split("\n"), ""], strict=False), 1):
            if ours != theirs and not theirs.startswith("lock "):
                notes = (f"nipsys would write `{ours}`",) if ours else ()
                self.add_problem("lock-order", "the nodes of the lock are out of order", NodeText(number, theirs), theirs, *notes)
                return
        chunk = next((chunk for chunk in split_nodes(self.text) if chunk.text.startswith("lock ")), first)
        self.add_problem(
            "lock-changed",
            "the lock was changed after nipsys wrote it",
            chunk,
            lock.digest,
            "the digest of the text below does not match the header",
        )


def split_nodes(text: str) -> Iterator[NodeText]:
    """Split the text of a lock into nodes; every line with text in the first column starts one."""
    begin = 1
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] not in {"", " ", "\t", "\r"} and not line.startswith("//"):
            if held:
                yield NodeText(begin, "\n".join(held).rstrip())
            begin, held = number, []
        elif not held:
            continue
        held.append(line)
    if held:
        yield NodeText(begin, "\n".join(held).rstrip())


def _parse_node(node: ckdl.Node) -> LockedSource | LockedPackage | None:
    match node.name:
        case "lock":
            nodes.parse_header(node)
        case "profile":
            nodes.parse_profile(node, (), (), "")
        case "source":
            return nodes.parse_source(node)
        case _:
            return nodes.parse_package(node)
    return None
