"""Decode a document that the schema accepts into the parts of a profile, each with its span."""

from typing import Any

from nipsys.model import Frozen, Span
from nipsys.model.system import ANY_VERSION, DOMAINS, AlternativeSpec, Flag, Request, ServiceSpec, SettingValue, SourceSpec, VersionRange
from nipsys.profile.document import Document
from nipsys.profile.positions import KeyPath


class FileRequest(Frozen):
    """A file to be placed; its bytes are not read yet."""

    target: str
    origin: str
    """Path relative to the file that names it; empty when ``text`` holds the content."""
    text: str | None
    mode: int
    span: Span
    origin_span: Span


class Layer:
    """The content of one file, or of one of its ``host`` blocks."""

    __slots__ = (
        "aliases", "alternatives", "arch", "document", "env", "files", "libc", "packages", "path", "run", "services", "sources", "variants",
    )  # fmt: skip

    def __init__(self, document: Document, path: KeyPath, arch: str | None = None, libc: str | None = None) -> None:
        self.document = document
        self.path = path
        """Its path in the document."""
        self.arch = arch
        self.libc = libc
        self.sources: dict[str, SourceSpec] = {}
        self.packages: dict[str, tuple[Request, ...]] = {}
        """Requests by name; an empty tuple for a name that is to be left out."""
        self.variants: dict[str, Flag] = {}
        self.files: dict[str, FileRequest] = {}
        self.env: dict[str, str] = {}
        self.services: dict[str, ServiceSpec] = {}
        self.aliases: dict[tuple[str, str], tuple[str, Span]] = {}
        self.run: str | None = None
        self.alternatives: dict[str, AlternativeSpec] = {}


def decode(document: Document, value: dict[str, Any], path: KeyPath = ()) -> Layer:
    """Decode one part; errors the schema cannot detect are added to ``document.problems``."""
    layer = Layer(document, path, value.get("arch"), value.get("libc"))
    where = document.positions
    for name, settings in value.get("source", {}).items():
        layer.sources[name] = _decode_source(name, settings, where.key_span((*path, "source", name)))
        _check_settings(document, layer.sources[name], (*path, "source", name))
    for name, choice in value.get("variants", {}).items():
        layer.variants[name] = Flag(name, _to_choice(choice), where.key_span((*path, "variants", name)))
    for name, entry in value.get("packages", {}).items():
        layer.packages[name] = _decode_requests(document, name, entry, (*path, "packages", name))
    for target, entry in value.get("files", {}).items():
        file = _decode_file(document, target, entry, (*path, "files", target))
        if file:
            layer.files[target] = file
    layer.env = {name: str(given) for name, given in value.get("env", {}).items()}
    for name, given in value.get("service", {}).items():
        layer.services[name] = _decode_service(document, name, given, (*path, "service", name))
    for name, names in value.get("alias", {}).items():
        for source, there in names.items():
            layer.aliases[name, source] = (there, where.key_span((*path, "alias", name, source)))
    layer.run = value.get("run")
    for name, chosen in value.get("alternatives", {}).items():
        layer.alternatives[name] = AlternativeSpec(name, chosen, where.value_span((*path, "alternatives", name)))
    return layer


def _decode_source(name: str, settings: dict[str, Any], span: Span) -> SourceSpec:
    rest = {key: _to_scalar(value) for key, value in settings.items() if key not in {"kind", "priority", "run"}}
    kind, priority = settings.get("kind", name), int(settings.get("priority", 50))
    return SourceSpec(name, kind, priority, tuple(sorted(rest.items())), span, settings.get("run"))


def _check_settings(document: Document, spec: SourceSpec, path: KeyPath) -> None:
    """Report settings that this kind of source does not have."""
    if spec.kind not in document.schema.kinds:
        if (*path, "kind") not in document.positions.values:
            hint = 'add it, as in `kind = "debian"`, or name the source after its kind'
            document.add_problem("missing", f"source `{spec.name}` has no kind", document.positions.key_span(path), hint=hint)
        return
    known = document.schema.settings_of(spec.kind)
    for key in sorted(key for key, _ in spec.settings if key not in known):
        from nipsys.profile.synonyms import suggest_term  # noqa: PLC0415 - only a mistake needs it

        hint = suggest_term(key, known, "its settings are")
        message = f"source `{spec.name}` of kind `{spec.kind}` has no setting `{key}`"
        document.add_problem("unknown-key", message, document.positions.key_span((*path, key)), hint=hint)


def _to_scalar(value: Any) -> SettingValue:  # noqa: ANN401 - any JSON value the schema accepts
    """Return a scalar; a list is joined with spaces, because no address, name or path that the schema accepts contains one."""
    if isinstance(value, list):
        return " ".join(value)
    scalar: SettingValue = int(value) if isinstance(value, float) else value
    return scalar


def _to_choice(value: bool | str | list[str]) -> str:  # noqa: FBT001 - a variant is written as true or false
    match value:
        case bool():
            return "on" if value else "off"
        case str():
            return value
        case list():
            return ",".join(sorted(set(value)))


def _split_words(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else tuple(value)


def _decode_requests(document: Document, name: str, entry: Any, path: KeyPath) -> tuple[Request, ...]:  # noqa: ANN401 - one of five shapes
    where = document.positions
    match entry:
        case False:
            return ()
        case True:
            return (Request(name, span=where.key_span(path)),)
        case str():
            return (Request(name, _decode_range(document, entry, path), span=where.key_span(path)),)
        case dict():
            return (_decode_request(document, name, entry, path),)
    found = tuple(_decode_request(document, name, table, (*path, index)) for index, table in enumerate(entry))
    _check_duplicates(document, name, found)
    return found


def _decode_range(document: Document, text: str, path: KeyPath) -> VersionRange:
    """Decode the range at ``path``; one that no source can read is reported, and counts as any version for what follows."""
    from nipsys.profile.ranges import RANGE_HINT, parse_range  # noqa: PLC0415 - most profiles have no range

    span = document.positions.value_span(path)
    try:
        return parse_range(text, span)
    except ValueError as error:
        document.add_problem("bad-value", str(error), span, hint=RANGE_HINT)
        return ANY_VERSION


def _decode_request(document: Document, name: str, table: dict[str, Any], path: KeyPath) -> Request:
    settings = {key: _to_scalar(table[key]) for key in ("priority", "recommends", "run", "scripts") if key in table}
    return Request(
        name,
        _decode_range(document, table["version"], (*path, "version")) if "version" in table else ANY_VERSION,
        table.get("source"),
        _decode_flags(document, name, table, path),
        table.get("pin"),
        table.get("prefer"),
        _to_expose(table.get("expose", True)),
        tuple(sorted(settings.items())),
        document.positions.key_span(path),
    )


def _to_expose(value: bool | str | list[str]) -> tuple[str, ...] | None:  # noqa: FBT001 - `expose=#false` is how it is written
    if isinstance(value, bool):
        return None if value else ()
    return tuple(sorted(set(_split_words(value))))


def _decode_flags(document: Document, name: str, table: dict[str, Any], path: KeyPath) -> tuple[Flag, ...]:
    given = [parse_flag(text, document.positions.value_span((*path, "flags", index))) for index, text in enumerate(table.get("flags", ()))]
    given += [
        Flag(domain, _to_choice(table[domain]), document.positions.key_span((*path, domain))) for domain in DOMAINS if domain in table
    ]
    kept: dict[str, Flag] = {}
    for flag in given:
        other = kept.setdefault(flag.name, flag)
        if other is flag or flag.span is None:
            continue
        code, verb = ("duplicate", "is a duplicate") if other == flag else ("contradiction", f"contradicts `{other}`")
        document.add_problem(code, f"`{flag}` of package `{name}` {verb}", flag.span, f"first at {other.span}", hint="keep one of them")
    return tuple(kept[key] for key in sorted(kept))


def parse_flag(text: str, span: Span | None = None) -> Flag:
    """Parse one flag in the user's syntax: ``+python``, ``-X``, ``graphics=wayland``."""
    if text[0] in "+-":
        return Flag(text[1:], "on" if text[0] == "+" else "off", span)
    name, _, value = text.partition("=")
    return Flag(name, ",".join(sorted(set(value.split(",")))), span)


def _check_duplicates(document: Document, name: str, requests: tuple[Request, ...]) -> None:
    seen: dict[str | None, Request] = {}
    for request in requests:
        other = seen.setdefault(request.source, request)
        if other is not request and request.span:
            source = f" from `{request.source}`" if request.source else ""
            document.add_problem(
                "duplicate", f"package `{name}`{source} is requested twice", request.span, f"first at {other.span}", hint="keep one of them"
            )
    general = seen.get(None)
    if general and general.span and len(seen) > 1:
        notes = [f"from `{request.source}` at {request.span}" for request in seen.values() if request.source]
        hint = f'give each a source, as in `{name} source="debian"`, or keep one of them'
        document.add_problem(
            "duplicate", f"package `{name}` is requested both from any source and from a given one", general.span, *notes, hint=hint
        )


def _decode_service(document: Document, name: str, table: dict[str, Any], path: KeyPath) -> ServiceSpec:
    import shlex  # noqa: PLC0415 - most profiles have no service

    command, place = table["exec"], document.positions.value_span((*path, "exec"))
    words: list[str] = []
    try:
        words = shlex.split(command)
    except ValueError as error:
        document.add_problem(
            "bad-value", f"`{command}` is not a command line", place, str(error).lower(), hint="check its quotes and backslashes"
        )
    else:
        if not words or not words[0]:
            document.add_problem(
                "empty", f"`exec` of service `{name}` names no program", place, hint='write a program, as in `exec="redis-server"`'
            )
    return ServiceSpec(name, command, _split_words(table.get("after", ())), document.positions.key_span(path), tuple(words))


def _decode_file(document: Document, target: str, entry: Any, path: KeyPath) -> FileRequest | None:  # noqa: ANN401 - a text or a table
    table = {"from": entry} if isinstance(entry, str) else entry
    place = document.positions.key_span(path)
    if ("from" in table) == ("text" in table):
        what = "has no content" if "from" not in table else "has both `from` and `text`"
        document.add_problem(
            "missing" if "from" not in table else "contradiction",
            f"file `{target}` {what}",
            place,
            hint='write `from="…"` with a path relative to the profile, or `text="…"`',
        )
        return None
    origin = table.get("from", "")
    at = document.positions.value_span((*path, "from")) if isinstance(entry, dict) else document.positions.value_span(path)
    if any(part in {".", ".."} for part in target.split("/")):
        document.add_problem(
            "bad-name", f"`{target}` is not a valid path for a file", place, "it contains `.` or `..`", hint="write the path without them"
        )
        return None
    if origin.startswith(("/", "~")):
        document.add_problem(
            "bad-value",
            f"`{origin}` is not relative to the profile",
            at,
            "another machine would not have the file",
            hint="copy it next to the profile and write the relative path",
        )
        return None
    mode = table.get("mode", 0o644)
    return FileRequest(target, origin, table.get("text"), int(mode, 8) if isinstance(mode, str) else int(mode), place, at)
