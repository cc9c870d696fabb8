"""Merge several files into one profile: includes, ``host`` blocks, and which of them takes precedence.

The order is: included files, in the order of the includes; then the file's own settings; then its ``host`` blocks that match the host.
Later settings take precedence as a whole: a package, source, file, service or variable named again replaces the earlier one.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from posixpath import dirname, join, normpath

from nipsys.model import Digest, Problem, Rejected, Span, blake3_of
from nipsys.model.system import FileSpec, Profile, Request
from nipsys.profile.decode import FileRequest, Layer, decode
from nipsys.profile.digest import fill_digest
from nipsys.profile.document import Document
from nipsys.profile.load import load_document
from nipsys.profile.schema import LoadKinds, load_no_kinds

ReadFile = Callable[[str], bytes]
"""Returns the bytes of a file, by its path as the user would type it; raises ``OSError`` when it cannot."""


def read_profile(path: str, text_of: ReadFile, *, host: str | None = None, arch: str, load_kinds: LoadKinds = load_no_kinds) -> Profile:
    """Read the profile at ``path`` (``.kdl`` or ``.toml``) with everything it includes, for one host.

    ``host`` is the name whose ``host`` blocks apply (none without it), ``arch`` the machine to assume unless the profile says,
    ``load_kinds`` a function that returns the kinds of sources there are, for those that the schema does not list.
    Raise ``Rejected`` of kind ``profile`` with all errors in all files, in reading order.
    """
    reading = _Merge(text_of, host, load_kinds)
    try:
        data = text_of(path)
    except OSError as error:
        hint = "create one with `nipsys init`" if isinstance(error, FileNotFoundError) else None
        problem = Problem("no-profile", f"cannot read the profile `{path}`: {(error.strerror or str(error)).lower()}", hint=hint)
        raise Rejected((problem,), "profile") from error
    name = reading.read_file(path, data, ())
    profile = reading.merge_layers(name or _stem(path), path, arch)
    if reading.problems:
        raise Rejected(reading.sorted_problems(), "profile")
    return fill_digest(profile)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


class _Merge:
    """The files read so far, their layers in order of precedence, and the errors."""

    def __init__(self, text_of: ReadFile, host: str | None, load_kinds: LoadKinds) -> None:
        self.text_of = text_of
        self.load_kinds = load_kinds
        self.host = host
        self.order: dict[str, int] = {}
        self.layers: list[Layer] = []
        self.problems: list[Problem] = []
        self.contents: dict[str, tuple[Digest, bytes]] = {}
        """The files to be placed, by path as the user would type it."""

    def read_file(self, path: str, data: bytes, above: tuple[str, ...]) -> str | None:
        """Read one file and its includes; return the profile's name that it sets, if any."""
        self.order[normpath(path)] = len(self.order)
        document = load_document(path, data, self.load_kinds)
        self.read_includes(document, path, (*above, normpath(path)))
        own = decode(document, document.value)
        self.layers.append(own)
        self.read_origins(own, path)
        hosts = document.value.get("host", {})
        assert isinstance(hosts, dict)
        for patterns, part in hosts.items():
            layer = decode(document, part, ("host", patterns))
            self.read_origins(layer, path)
            if self.host is not None and any(fnmatchcase(self.host, pattern) for pattern in patterns.split()):
                self.layers.append(layer)
        self.problems.extend(document.problems)
        name = document.value.get("profile")
        return name if isinstance(name, str) else None

    def read_includes(self, document: Document, path: str, above: tuple[str, ...]) -> None:
        named = document.value.get("include", [])
        for index, name in enumerate([named] if isinstance(named, str) else named if isinstance(named, list) else []):
            span = document.positions.value_span(("include",) if isinstance(named, str) else ("include", index))
            self.read_include(join(dirname(path), str(name)), str(name), span, above)

    def read_include(self, path: str, name: str, span: Span, above: tuple[str, ...]) -> None:
        if normpath(path) in above:
            chain = " → ".join((*above[above.index(normpath(path)) :], normpath(path)))
            self.problems.append(Problem("include-cycle", f"`{name}` includes itself", span, (chain,), "remove one of the includes"))
            return
        if normpath(path) in self.order:
            return
        if not name.endswith((".kdl", ".toml")):
            self.problems.append(Problem("bad-value", f"`{name}` is not a profile", span, (), "an included file ends in `.kdl` or `.toml`"))
            return
        try:
            data = self.text_of(path)
        except (OSError, ValueError) as error:
            self.problems.append(_file_problem(f"the included file `{name}`", span, path, error))
            return
        self.read_file(path, data, above)

    def read_origins(self, layer: Layer, path: str) -> None:
        """Read the content of the files that a layer places."""
        for target, file in tuple(layer.files.items()):
            if file.text is not None:
                continue
            origin = join(dirname(path), file.origin)
            try:
                if origin not in self.contents:
                    content = self.text_of(origin)
                    self.contents[origin] = blake3_of(content), content
            except (OSError, ValueError) as error:
                self.problems.append(_file_problem(f"`{file.origin}`", file.origin_span, origin, error))
                del layer.files[target]

    def merge_layers(self, name: str, path: str, arch: str) -> Profile:
        """Merge the layers; later ones take precedence."""
        sources = {key: spec for layer in self.layers for key, spec in layer.sources.items()}
        packages = {key: found for layer in self.layers for key, found in layer.packages.items()}
        variants = {key: flag for layer in self.layers for key, flag in layer.variants.items()}
        env = {key: value for layer in self.layers for key, value in layer.env.items()}
        services = {key: service for layer in self.layers for key, service in layer.services.items()}
        aliases = {key: there for layer in self.layers for key, there in layer.aliases.items()}
        alternatives = {key: found for layer in self.layers for key, found in layer.alternatives.items()}
        files = {key: self.to_file_spec(layer, file) for layer in self.layers for key, file in layer.files.items()}
        requests = [request for key in sorted(packages) for request in sorted(packages[key], key=lambda request: request.source or "")]
        known = {spec.name for spec in sources.values()} | {spec.kind for spec in sources.values()}
        self.check_sources(requests, known)
        return Profile(
            name,
            next((layer.arch for layer in reversed(self.layers) if layer.arch), arch),
            next((layer.libc for layer in reversed(self.layers) if layer.libc), None),
            tuple(sorted(sources.values(), key=lambda spec: (spec.priority, spec.name))),
            tuple(requests),
            tuple(variants[key] for key in sorted(variants)),
            tuple(files[key] for key in sorted(files)),
            tuple(sorted(env.items())),
            tuple(services[key] for key in sorted(services)),
            tuple(sorted((key, source, there) for (key, source), (there, _) in aliases.items())),
            path,
            run=next((layer.run for layer in reversed(self.layers) if layer.run), None),
            alternatives=tuple(alternatives[key] for key in sorted(alternatives)),
        )

    def to_file_spec(self, layer: Layer, file: FileRequest) -> FileSpec:
        if file.text is not None:
            content = file.text.encode()
            return FileSpec(file.target, "", file.mode, blake3_of(content), content, file.span)
        origin = join(dirname(layer.document.positions.text.file), file.origin)
        return FileSpec(file.target, file.origin, file.mode, *self.contents[origin], file.span)

    def check_sources(self, requests: Iterable[Request], known: set[str]) -> None:
        if any(problem.code in {"syntax", "encoding", "missing-file", "unreadable-file"} for problem in self.problems):
            return  # the declared sources are not known for certain
        for request in requests:
            if not known:
                hint = 'declare one, as in `source "debian" suite="trixie"`'
                self.problems.append(Problem("no-source", "the profile requests packages but declares no source", request.span, (), hint))
                return
            if request.source is not None and request.source not in known:
                from nipsys.profile.synonyms import suggest_term  # noqa: PLC0415 - only a mistake needs it

                intro = f'declare it, as in `source "{request.source}" …`; declared:'
                hint = suggest_term(request.source, sorted(known), intro, self.load_kinds)
                span = _source_span(self.layers, request)
                self.problems.append(
                    Problem(
                        "unknown-source",
                        f"package `{request.name}` requests source `{request.source}`, which is not declared",
                        span,
                        (),
                        hint,
                    )
                )

    def sorted_problems(self) -> list[Problem]:
        """Return the problems in reading order: file by file, line by line."""

        def place(problem: Problem) -> tuple[int, int, int]:
            span = problem.span
            return (self.order.get(normpath(span.file), 0), span.line, span.column) if span else (0, 0, 0)

        return sorted(dict.fromkeys(self.problems), key=place)


def _source_span(layers: Iterable[Layer], request: Request) -> Span | None:
    """Return the span of the value of ``source=`` of a request."""
    for layer in layers:
        for index, candidate in enumerate(layer.packages.get(request.name, ())):
            if candidate is request:
                base = (*layer.path, "packages", request.name)
                where = layer.document.positions
                indexed = (*base, index, "source")
                return where.value_span(indexed if indexed in where.values else (*base, "source"))
    return request.span


def _file_problem(what: str, span: Span, path: str, error: Exception) -> Problem:
    reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    if isinstance(error, FileNotFoundError):
        return Problem(
            "missing-file",
            f"{what} does not exist",
            span,
            (f"looked for `{normpath(path)}`",),
            "check the path: it is relative to the file that names it",
        )
    return Problem(
        "unreadable-file", f"cannot read {what}: {reason.lower()}", span, (f"tried `{normpath(path)}`",), "make it a file that you can read"
    )
