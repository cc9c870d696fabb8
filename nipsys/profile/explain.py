"""What the schema has against a document, told to the person who wrote it."""

from nipsys.model.problem import Problem
from nipsys.profile.document import Document
from nipsys.profile.nearest import listing, nearest
from nipsys.profile.schema import Complaint, Schema, complaints
from nipsys.profile.where import Path

_TYPES = {"string": "text", "boolean": "`true` or `false`", "array": "a list", "object": "a table", "integer": "a whole number"}
_SINGULAR = {
    "source": "source",
    "packages": "package",
    "env": "variable",
    "service": "service",
    "files": "file",
    "alias": "alias",
    "variants": "variant",
    "host": "host",
}
_MEANT = {
    name: known
    for known, names in {
        "x86_64": "amd64 x64 x86-64",
        "aarch64": "arm64",
        "armv7": "armhf",
        "i686": "i386 i586",
        "ppc64le": "ppc64el",
        "glibc": "gnu",
        "debian": "apt deb ubuntu",
        "pacman": "arch archlinux",
        "nix": "nixpkgs",
        "gentoo": "portage emerge",
        "pypi": "pip python",
        "alpine": "apk",
        "pkgsrc": "netbsd",
        "recipes": "recipe",
        "npm": "node",
        "packages": "package pkgs deps dependencies install",
        "include": "import includes",
        "env": "environment",
        "variants": "use flags",
        "service": "services",
        "source": "sources repository from",
        "host": "hosts",
        "files": "file",
        "arch": "architecture",
        "mirror": "url server",
        "suite": "release distribution codename",
        "version": "v range",
        "pin": "hold",
    }.items()
    for name in names.split()
}
"""What people write who come from elsewhere."""


def problems(document: Document) -> list[Problem]:
    """List what the schema has against the document's value, each with its place."""
    return [_told(document, complaint) for complaint in complaints(document.value)]


def _told(document: Document, complaint: Complaint) -> Problem:
    where, path, value = document.where, complaint.path, complaint.value
    rules = complaint.schema
    match complaint.keyword:
        case "additionalProperties":
            return _unknown(document, complaint)
        case "propertyNames":
            title = rules.get("title", "a name")
            return Problem("bad-name", f"{shown(value)} is not {title}", where.key(path), _why(rules), _name_hint(value, title))
        case "required":
            lacking = [key for key in rules["required"] if isinstance(value, dict) and key not in value]
            return Problem("missing", f"{noun(path)} lacks {listing(lacking)}", where.key(path), (), f'write `{lacking[0]}="…"`')
        case "type":
            return Problem(
                "wrong-type",
                f"{noun(path)} takes {_wanted(rules)}, not {kind(value)}",
                where.value(path),
                _why(rules),
                _type_hint(rules, value),
            )
        case "enum":
            return _not_among(document, complaint)
        case "minimum" | "maximum":
            low, high = rules.get("minimum", 0), rules.get("maximum")
            span = f"between {low} and {high}" if high is not None else f"at least {low}"
            hint = 'write it as text, `"0644"`' if path[-1:] == ("mode",) else None
            return Problem("bad-value", f"{noun(path)} is {span}, not {value}", where.value(path), _why(rules), hint)
        case "minLength" | "minItems" | "minProperties":
            return Problem("empty", f"{noun(path)} is empty", where.value(path), _why(rules), "write it, or remove it")
        case _:
            title = rules.get("title", "a value")
            return Problem("bad-value", f"{shown(value)} is not {title}", where.value(path), _why(rules), _value_hint(path, value))


def _unknown(document: Document, complaint: Complaint) -> Problem:
    path, known = complaint.path, complaint.schema.get("properties", {})
    name = str(path[-1])
    place = document.where.key(path)
    if path[:1] == ("packages",) and name and not name.strip("<>=!~^"):
        return Problem(
            "unquoted-range",
            f"a version range stands in quotes, not `{name}{complaint.value}`",
            place,
            (),
            f'write `{path[1]} "{name}={complaint.value}"`',
        )
    meant = _MEANT.get(name.casefold())
    guess = meant if meant in known else nearest(name, known)
    holder = noun(path[:-1])
    message = f"a profile has no `{name}`" if len(path) == 1 else f"{holder} has no setting `{name}`"
    if len(path) == 3 and path[0] == "host":
        message = f"a `host` block has no `{name}`"
    hint = f"did you mean `{guess}`?" if guess else f"it knows {listing(sorted(known))}"
    return Problem("unknown-key", message, place, (), hint)


def _not_among(document: Document, complaint: Complaint) -> Problem:
    known = [str(name) for name in complaint.schema["enum"]]
    meant = _MEANT.get(str(complaint.value).casefold())
    guess = meant if meant in known else nearest(str(complaint.value), known)
    title = complaint.schema.get("title", "a value")
    message = f"{shown(complaint.value)} is not {title} nipsys knows"
    hint = f"did you mean `{guess}`?" if guess else f"it is one of {listing(known)}"
    return Problem("bad-value", message, document.where.value(complaint.path), (), hint)


def noun(path: Path) -> str:
    """Name what stands at ``path`` as a person would: the setting, and whose it is."""
    if path[:1] == ("host",) and len(path) > 2:
        path = path[2:]
    match path:
        case ():
            return "a profile"
        case (str(section),):
            return f"`{section}`"
        case (str(section), str(name)):
            return f"{_SINGULAR.get(section, section)} `{name}`"
        case (str(section), int(index)):
            return f"entry {index + 1} of `{section}`"
        case (str(section), str(name), *_, str(setting)):
            return f"`{setting}` of {_SINGULAR.get(section, section)} `{name}`"
        case (str(section), str(name), int(_)):
            return f"{_SINGULAR.get(section, section)} `{name}`"
        case (*holder, int(index)):
            return f"entry {index + 1} of {noun(tuple(holder))}"
        case _:
            return "`" + ".".join(map(str, path)) + "`"


def shown(value: object) -> str:
    """Show a value as the text that was written."""
    return f"`{value}`" if isinstance(value, str) and value else kind(value)


def kind(value: object) -> str:
    """Say what a value is, in words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case "":
            return "an empty text"
        case str():
            return f"the text `{value}`"
        case int() | float():
            return f"the number `{value}`"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"`{value}`"


def _wanted(rules: Schema) -> str:
    wanted = rules["type"]
    names = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" or {names[-1]}"


def _why(rules: Schema) -> tuple[str, ...]:
    text = rules.get("description")
    return (text[0].lower() + text[1:] if text[:2].istitle() else text,) if text else ()


def _type_hint(rules: Schema, value: object) -> str | None:
    wanted = rules["type"]
    if "string" in wanted and isinstance(value, int | float) and not isinstance(value, bool):
        return f'put it in quotes: `"{value}"`'
    if wanted == "boolean" and str(value).lower() in {"true", "yes", "on", "1", "false", "no", "off", "0"}:
        word = "true" if str(value).lower() in {"true", "yes", "on", "1"} else "false"
        return f"write `#{word}` in KDL, `{word}` in TOML"
    if wanted == "integer" and isinstance(value, str) and value.isdigit():
        return f"write it without quotes: `{value}`"
    return None


def _name_hint(value: object, title: str) -> str | None:
    text = str(value)
    if title == "a place for a file":
        return "write `~/…` for a file in the home directory, or an absolute path"
    if title.startswith("a package") and any(sign in text for sign in "<>="):
        name = text.rstrip("0123456789.+~:-").rstrip("<>=!")
        return f'write name and range apart, as in `{name or "vim"} ">=9"`'
    return None


def _value_hint(path: Path, value: object) -> str | None:
    text = str(value)
    if len(text) > 1 and text[0] == text[-1] == "'":
        return f'text stands in double quotes: `"{text[1:-1]}"`'
    if path[-1:] == ("priority",):
        return "a small number is preferred"
    return None
