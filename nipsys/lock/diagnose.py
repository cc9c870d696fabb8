"""What is wrong with a lock that does not read: every mistake with its line, and the way back to a good one."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import ckdl

from nipsys.lock import parse as nodes
from nipsys.lock.validate import bad_digest, strangers
from nipsys.lock.write import package_text, source_text, write
from nipsys.model.problem import Problem
from nipsys.model.span import Span
from nipsys.model.system.lock import LockedPackage, LockedSource

HINT = "`nipsys lock` writes it anew; what was edited by hand belongs into the profile"
_CONFLICT = "settle it by taking either side, then run `nipsys lock`"


class Chunk(NamedTuple):
    """One node's lines: the writer begins each node, and nothing else, at the margin."""

    line: int
    """Of its first line, 1 for the first of the text."""
    text: str


def problems(text: str, path: str) -> list[Problem]:
    """List the mistakes of a lock's text; at least one."""
    return _Judge(text, path).verdict()


class _Judge:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.found: list[Problem] = []

    def verdict(self) -> list[Problem]:
        self.conflicts()
        if not self.found:
            self.line_ends()
        if not self.found:
            self.nodes()
        if not self.found:
            self.wording()
        return sorted(self.found, key=lambda problem: (problem.span.line, problem.span.column) if problem.span else (0, 0))

    def note(self, code: str, message: str, chunk: Chunk, needle: str = "", *notes: str, hint: str = HINT) -> None:
        """Note a mistake at ``needle`` within a node, or at the node's first word."""
        before, found, _ = chunk.text.partition(needle) if needle else ("", "", "")
        line = chunk.line + before.count("\n") if found else chunk.line
        shown = chunk.text.split("\n")[line - chunk.line]
        column = len(before.rpartition("\n")[2]) + 1 if found else 1
        length = len(needle) if found else len(shown.split(" ")[0])
        self.found.append(Problem(code, message, Span(self.path, line, column, max(1, length), shown), notes, hint))

    def conflicts(self) -> None:
        for number, line in enumerate(self.text.split("\n"), 1):
            if line.startswith("<<<<<<< "):
                self.note("lock-conflict", "two versions of the lock meet here, unmerged", Chunk(number, line), hint=_CONFLICT)

    def line_ends(self) -> None:
        if foreign := re.search("[\ud800-\udfff]", self.text):
            number = self.text.count("\n", 0, foreign.start()) + 1
            self.note("lock-encoding", "the lock is not UTF-8", Chunk(number, self.text.split("\n")[number - 1]))
        if "\r" in self.text:
            line = self.text[: self.text.index("\r")]
            hint = "write `*.lock.kdl -text` into `.gitattributes` and check the file out again"
            self.note(
                "lock-line-ends", "the lock's line ends were changed", Chunk(line.count("\n") + 1, line.rpartition("\n")[2]), hint=hint
            )

    def nodes(self) -> None:
        sources: dict[str, Chunk] = {}
        packages: dict[str, tuple[LockedPackage, Chunk]] = {}
        heads = 0
        for chunk in chunks(self.text):
            node = self.parsed(chunk)
            if node is None:
                continue
            try:
                value = _value(node)
            except (nodes.Mistake, TypeError, AttributeError) as mistake:
                reason = str(mistake) if isinstance(mistake, nodes.Mistake) else f"`{node.name}` has a value of the wrong type"
                self.note("lock-node", reason, chunk, hint=getattr(mistake, "hint", None) or HINT)
                continue
            self.written(value, chunk)
            match value:
                case LockedSource():
                    self.once(value.name, sources.get(value.name), f"source `{value.name}`", chunk)
                    sources[value.name] = chunk
                case LockedPackage():
                    before = packages.get(value.id)
                    self.once(value.id, before and before[1], f"package `{value.id}`", chunk)
                    packages[value.id] = value, chunk
                case _:
                    heads += 1
        if not self.found and heads != 2:
            self.note("lock-node", "a lock begins with one `lock` and one `profile` node", Chunk(1, self.text.split("\n", 1)[0]))
        if not self.found:
            self.references(sources, packages)

    def written(self, value: LockedSource | LockedPackage | None, chunk: Chunk) -> None:
        """Note a node that is not spelled as the writer spells it."""
        if value is None:
            return
        try:
            wanted = (source_text(value) if isinstance(value, LockedSource) else package_text(value)).strip("\n")
        except (ValueError, TypeError, AttributeError):
            self.note("lock-node", f"`{value.name}` has a value of the wrong type", chunk, value.name)
            return
        for number, (ours, theirs) in enumerate(zip([*wanted.split("\n"), ""], [*chunk.text.split("\n"), ""], strict=False), chunk.line):
            if ours != theirs:
                notes = (f"nipsys would write `{ours.strip()}`",) if ours.strip() else ()
                self.note("lock-wording", "the lock is not written as nipsys writes it", Chunk(number, theirs), theirs.strip(), *notes)
                return

    def parsed(self, chunk: Chunk) -> ckdl.Node | None:
        try:
            found = ckdl.parse(chunk.text, version="2").nodes
        except (ckdl.ParseError, RecursionError):
            self.note("lock-syntax", "this is not KDL", chunk)
            return None
        if len(found) != 1:
            self.note("lock-syntax", "each node of a lock begins on a line of its own", chunk)
            return None
        return found[0]

    def once(self, name: str, before: Chunk | None, noun: str, chunk: Chunk) -> None:
        if before:
            self.note("lock-duplicate", f"{noun} is locked twice", chunk, name, f"first at {self.path}:{before.line}")

    def references(self, sources: dict[str, Chunk], packages: dict[str, tuple[LockedPackage, Chunk]]) -> None:
        values = [value for value, _ in packages.values()]
        for identity, lacking in strangers(frozenset(sources), values).items():
            value, chunk = packages[identity]
            for name in lacking:
                if name == value.source:
                    self.note("lock-source", f"package `{identity}` is from a source `{name}` that the lock does not hold", chunk, identity)
                else:
                    self.note("lock-need", f"package `{identity}` needs `{name}`, which the lock does not hold", chunk, name)
        for value, chunk in packages.values():
            if bad_digest(value.digest):
                self.note(
                    "lock-digest",
                    f"the digest of package `{value.id}` is no digest",
                    chunk,
                    value.digest,
                    "one is `sha256:` and 64 hexadecimal digits",
                )

    def wording(self) -> None:
        """Find what differs from the canonical text when every node by itself is well."""
        first = Chunk(1, self.text.split("\n", 1)[0])
        try:
            lock = nodes.lock(self.text)
            wanted = write(lock)
        except (ckdl.ParseError, ValueError, TypeError, AttributeError):
            self.note("lock-node", "the lock's `lock` and `profile` nodes come first and hold text", first)
            return
        for number, (ours, theirs) in enumerate(zip(wanted.split("\n"), [*self.text.split("\n"), ""], strict=False), 1):
            if ours != theirs and not theirs.startswith("lock "):
                notes = (f"nipsys would write `{ours}`",) if ours else ()
                self.note("lock-order", "the lock is not in the order nipsys writes it in", Chunk(number, theirs), theirs, *notes)
                return
        chunk = next((chunk for chunk in chunks(self.text) if chunk.text.startswith("lock ")), first)
        self.note(
            "lock-changed",
            "the lock was changed after nipsys wrote it",
            chunk,
            lock.digest,
            "the text below has another digest than its header says",
        )


def chunks(text: str) -> Iterator[Chunk]:
    """Cut a lock's text into its nodes: a line with text at the margin begins one."""
    begin = 1
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] not in {"", " ", "\t", "\r"} and not line.startswith("//"):
            if held:
                yield Chunk(begin, "\n".join(held).rstrip())
            begin, held = number, []
        elif not held:
            continue
        held.append(line)
    if held:
        yield Chunk(begin, "\n".join(held).rstrip())


def _value(node: ckdl.Node) -> LockedSource | LockedPackage | None:
    match node.name:
        case "lock":
            nodes.header(node)
        case "profile":
            nodes.profile(node, (), (), "")
        case "source":
            return nodes.source(node)
        case _:
            return nodes.package(node)
    return None
