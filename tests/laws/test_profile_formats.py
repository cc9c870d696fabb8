"""Laws of profiles: both formats say the same, every span points at its text, and no text at all brings anything but an answer."""

import json
import re
import shlex
from collections.abc import Callable

import ckdl
import tomlkit
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from nipsys.model.problem import Problem, Rejected
from nipsys.model.system.profile import Profile
from nipsys.profile import read_profile
from nipsys.profile.positions.kdl import NodePosition, scan_nodes
from nipsys.profile.schema import find_violations, read_schema

NAMES = st.sampled_from(
    ["git", "vim", "g++", "7zip", "libstdc++6", "dev-lang/python:3.12", "@angular/cli", "nginx-light", "0ad", "true", "x_y"]
)
FLAGS = st.sampled_from(["+python", "-X", "+x+y", "graphics=wayland", "python-version=3.12", "-"]).filter(lambda flag: len(flag) > 1)
RANGES = st.sampled_from([">=9", "=1.2-3", "~1.2", "1:2.3+dfsg~rc1", ">=1, <2", "1.x || 2.x", "*", "!=3"])
WORD = st.sampled_from(["trixie", "main contrib", "http://a.example/x http://b.example", "file:///srv/x"])
LINE = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ),
    min_size=1,
    max_size=15,
)
COMMAND = st.lists(LINE, min_size=1, max_size=3).map(shlex.join)
SOURCES = ["debian", "nix", "sid"]


@st.composite
def packages(draw: DrawFn) -> dict[str, object]:
    """Return the settings of one package."""
    flags = {re.split("=|(?<=^[+-])", flag)[0 if "=" in flag else 1]: flag for flag in draw(st.lists(FLAGS, max_size=3, unique=True))}
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "version": RANGES,
                "flags": st.just(list(flags.values())).filter(bool),
                "source": st.sampled_from(SOURCES),
                "pin": RANGES,
                "prefer": st.sampled_from(SOURCES),
                "priority": st.integers(0, 1000),
                "expose": st.one_of(st.sampled_from(["vim", "vim vimdiff"]), st.just(False)),
                "recommends": st.booleans(),
                "audio": st.sampled_from(["alsa", True]),
            },
        )
    )


@st.composite
def documents(draw: DrawFn) -> dict[str, object]:
    """Return a declaration in the shape of the schema."""
    part = {
        "variants": st.dictionaries(
            st.sampled_from(["lto", "X", "graphics"]), st.one_of(st.booleans(), st.sampled_from(["x11", "wayland"])), max_size=3
        ),
        "packages": st.dictionaries(NAMES, packages(), max_size=4),
        "env": st.dictionaries(st.sampled_from(["EDITOR", "_x", "A1"]), st.one_of(LINE, st.integers(-9, 9)), max_size=3),
        "files": st.dictionaries(
            st.sampled_from(["~/.vimrc", "/etc/x y", "~/.config/a"]),
            st.fixed_dictionaries({"text": LINE}, optional={"mode": st.sampled_from(["0644", "600", 0o755])}),
        ),
        "service": st.dictionaries(st.sampled_from(["redis", "a@b"]), st.fixed_dictionaries({"exec": COMMAND}, optional={"after": WORD})),
        "run": st.sampled_from(["view", "relocate", "host"]),
        "alternatives": st.dictionaries(st.sampled_from(["editor", "x-www-browser"]), st.sampled_from(["/usr/bin/a", "/b"]), max_size=2),
        "alias": st.dictionaries(NAMES, st.dictionaries(st.sampled_from(SOURCES), NAMES, min_size=1), max_size=2),
    }
    document = draw(
        st.fixed_dictionaries(
            {"profile": st.just("p")}, optional={"arch": st.sampled_from(["aarch64", "x86_64"]), "libc": st.just("musl"), **part}
        )
    )
    setting = {"run": st.just("relocate"), "mirror": WORD, "priority": st.integers(0, 99), "recommends": st.booleans()}
    suite = st.fixed_dictionaries({}, optional={"suite": st.just("trixie")})
    document["source"] = {
        "debian": {"kind": "debian", **draw(suite), **draw(st.fixed_dictionaries({}, optional=setting))},
        "nix": {"kind": "nix", **draw(st.fixed_dictionaries({}, optional=setting))},
        "sid": {"kind": "debian", **draw(suite), **draw(st.fixed_dictionaries({}, optional=setting))},
    }
    if draw(st.booleans()):
        document["host"] = {"web-*": draw(st.fixed_dictionaries({}, optional=part))}
    return document


def quoted(text: object) -> str:
    return json.dumps(text, ensure_ascii=False)


def scalar(value: object) -> str:
    return f"#{str(value).lower()}" if isinstance(value, bool) else quoted(value)


def properties(table: dict[str, object], *skip: str) -> str:
    return "".join(f" {key}={scalar(value)}" for key, value in table.items() if key not in skip)


def as_kdl(document: dict[str, object], indent: str = "") -> str:
    lines = []
    for part, value in document.items():
        match part, value:
            case "profile" | "arch" | "libc" | "run", _:
                lines.append(f"{part} {quoted(value)}")
            case "source", dict():
                lines += [f"source {quoted(table['kind'])} name={quoted(name)}{properties(table, 'kind')}" for name, table in value.items()]
            case "service", dict():
                lines += [f"service {quoted(name)}{properties(table)}" for name, table in value.items()]
            case "host", dict():
                lines += [f"host {quoted(name)} {{\n{as_kdl(table)}\n}}" for name, table in value.items()]
            case "packages", dict():
                rows = [
                    f"    {quoted(name)}"
                    + "".join(f" {quoted(word)}" for word in ([table["version"]] if "version" in table else []) + table.get("flags", []))
                    + properties(table, "version", "flags")
                    for name, table in value.items()
                ]
                lines.append("packages {\n" + "\n".join(rows) + "\n}")
            case "files", dict():
                lines.append(
                    "files {\n" + "\n".join(f"    file {quoted(name)}{properties(table)}" for name, table in value.items()) + "\n}"
                )
            case "alias", dict():
                lines.append("alias {\n" + "\n".join(f"    {quoted(name)}{properties(table)}" for name, table in value.items()) + "\n}")
            case _, dict():
                lines.append(f"{part} {{\n" + "\n".join(f"    {quoted(name)} {scalar(inner)}" for name, inner in value.items()) + "\n}")
    return "\n".join(lines)


def reads(name: str, text: str) -> Profile:
    files = {name: text.encode()}
    return read_profile(name, files.__getitem__, host="web-1", arch="x86_64")


@given(documents())
@settings(max_examples=150, deadline=None)
def test_both_formats_say_the_same(document: dict[str, object]) -> None:
    kdl, toml = reads("p.kdl", as_kdl(document)), reads("p.toml", tomlkit.dumps(document))
    assert kdl == toml
    assert kdl.digest == toml.digest


@given(documents())
@settings(max_examples=80, deadline=None)
def test_spans_point_at_the_text(document: dict[str, object]) -> None:
    for profile in (reads("p.kdl", as_kdl(document)), reads("p.toml", tomlkit.dumps(document))):
        for request in profile.requests:
            assert marked(request.span).strip("\"'") == request.name
            for flag in request.flags:
                assert flag.name in marked(flag.span)
        for spec in profile.sources:
            assert marked(spec.span).strip('"') == spec.name
        for wish in profile.variants:
            assert marked(wish.span).strip('"') == wish.name


def marked(span: object) -> str:
    assert span is not None
    return str(span.text[span.column - 1 : span.column - 1 + span.length])  # type: ignore[attr-defined]


PIECES = st.sampled_from(
    ["packages", "source", "env", "files", "file", " {", "}", "\n", ";", " ", '"', '"""', '#"', "=", ">=9", "true", "#true", "+x", "-x", "/*", "*/", "//", "/-", "\\", "(", ")", "[", "]",
     "7zip", '"a"', "'", ",", "1e400", "#inf", "host", "include", "a", "debian", "[packages]", "[[source]]", "= 1", "profile", "é", "\t", "\r\n", "\x00", "\u2028", "\ufeff", "{ a }"]
)  # fmt: skip
ANY = st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join))


def answers(name: str, data: bytes) -> None:
    files = {name: data}

    def text_of(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path]

    problems: tuple[Problem, ...] = ()
    try:
        read_profile(name, text_of, host="web-1", arch="x86_64")
    except Rejected as rejected:
        problems = rejected.problems or (Problem("none", ""),)
    lines = data.decode("utf-8", "replace").count("\n") + 1
    for problem in problems:
        assert problem.message
        assert problem.span is None or (1 <= problem.span.line <= lines and problem.span.column >= 1 and problem.span.length >= 1)


@given(ANY)
@example("{" * 3000)
@example("a {\n" * 3000)
@example("a " * 10 + "\\")
@example("vim =9\n" + "a {\n" * 3000)
@example("vim 9.1.2\n" + "a {\n" * 3000 + "}\n" * 3000)
@settings(max_examples=250, deadline=None)
def test_any_kdl_text_gets_an_answer(text: str) -> None:
    answers("p.kdl", text.encode("utf-8", "surrogatepass"))


@given(ANY)
@example("a = " + "[" * 3000)
@example("a = " + "{a=" * 3000)
@settings(max_examples=250, deadline=None)
def test_any_toml_text_gets_an_answer(text: str) -> None:
    answers("p.toml", text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60), st.sampled_from(["p.kdl", "p.toml"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_get_an_answer(data: bytes, name: str) -> None:
    answers(name, data)


@given(documents(), st.sampled_from([as_kdl, tomlkit.dumps]), st.data())
@settings(max_examples=200, deadline=None)
def test_a_broken_profile_gets_an_answer(
    document: dict[str, object], write: Callable[[dict[str, object]], str], data: st.DataObject
) -> None:
    text = write(document)
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    length = data.draw(st.integers(0, 8))
    broken = text[:start] + data.draw(PIECES) + text[start + length :]
    answers("p.kdl" if write is as_kdl else "p.toml", broken.encode())


@given(ANY)
@settings(max_examples=250, deadline=None)
def test_scanner_and_ckdl_see_the_same_nodes(text: str) -> None:
    try:
        nodes, spots = ckdl.parse(text, version="2").nodes, scan_nodes(text)
    except Exception:  # noqa: BLE001 - what one of them refuses is no profile
        return
    assert shape(nodes) == places(spots, text)


def shape(nodes: list[ckdl.Node]) -> list[object]:
    return [[node.name, len(node.args), len(node.properties), shape(node.children)] for node in nodes]


def places(spots: tuple[NodePosition, ...], text: str) -> list[object]:
    return [
        [
            name_of(spot, text),
            len(spot.arguments),
            len({text[key.start : key.end].strip('"') for key, _ in spot.properties}),
            places(spot.children, text),
        ]
        for spot in spots
    ]


def name_of(spot: NodePosition, text: str) -> object:
    return ckdl.parse(text[spot.name.start : spot.name.end], version="2").nodes[0].name


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2000),
    st.floats(),
    LINE,
    st.just(""),
    st.lists(LINE, max_size=2),
    st.dictionaries(LINE, LINE, max_size=2),
)


@given(documents(), st.data())
@settings(max_examples=150, deadline=None)
def test_both_readers_of_the_schema_agree(document: dict[str, object], data: st.DataObject) -> None:
    """The quick reader and jsonschema give the same verdict, on documents that fit and on documents with one part put wrong."""
    if data.draw(st.booleans()):
        holder: object = document
        while isinstance(holder, dict) and holder:
            key = data.draw(st.sampled_from(sorted(holder)))
            inner = holder[key]
            if not isinstance(inner, dict) or not inner or data.draw(st.booleans()):
                holder[data.draw(st.sampled_from([key, "stranger"]))] = data.draw(ODD)
                break
            holder = inner
    schema = read_schema()
    assert schema.is_valid(document) == (not find_violations(document, schema))
