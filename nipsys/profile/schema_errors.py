"""Turn violations of the schema into messages for the profile's author."""

import math
from collections.abc import Mapping
from typing import Any

from nipsys.model import Problem, join_names
from nipsys.profile.document import Document
from nipsys.profile.positions import KeyPath
from nipsys.profile.schema import Schema, Violation, find_violations
from nipsys.profile.synonyms import suggest_term

_SINGULAR = {"packages": "package", "env": "variable", "files": "file", "variants": "variant"}


def find_problems(document: Document) -> list[Problem]:
    """Return a problem, with its position, for each violation of the schema by the document's value."""
    reporter = _Reporter(document)
    return [reporter.to_problem(complaint) for complaint in find_violations(document.value, document.schema)]


class _Reporter:
    """Describes violations in terms of the format in which the document is written."""

    def __init__(self, document: Document) -> None:
        self.where = document.positions
        self.value: Mapping[str, object] = document.value
        self.schema, self.load_kinds = document.schema, document.load_kinds
        self.is_kdl = not document.positions.text.file.endswith(".toml")

    def to_problem(self, complaint: Violation) -> Problem:
        path, value, rules = complaint.path, complaint.value, complaint.schema
        match complaint.keyword:
            case "additionalProperties":
                return self.unknown_key(complaint)
            case "propertyNames":
                return Problem(
                    "bad-name",
                    f"{self.describe_value(value)} is not {_title(rules)}",
                    self.where.key_span(path),
                    (),
                    _name_hint(value, rules),
                )
            case "required":
                lacking = [key for key in rules["required"] if isinstance(value, dict) and key not in value]
                hint = f'write `{lacking[0]}="…"`' if self.is_kdl else f'write `{lacking[0]} = "…"`'
                return Problem("missing", f"{describe_path(path)} is missing {join_names(lacking)}", self.where.key_span(path), (), hint)
            case "type":
                return self.wrong_type(complaint)
            case "enum":
                return self.not_among(complaint)
            case "minimum" | "maximum":
                return self.out_of_range(complaint)
            case "minLength" | "minItems" | "minProperties":
                return Problem("empty", f"{describe_path(path)} is empty", self.where.value_span(path), (), "write it, or remove it")
            case _:
                return Problem(
                    "bad-value",
                    f"{self.describe_value(value)} is not {_title(rules)}",
                    self.where.value_span(path),
                    (),
                    _value_hint(path, value, rules),
                )

    def unknown_key(self, complaint: Violation) -> Problem:
        path, known = complaint.path, complaint.schema.get("properties", {})
        name, place = str(path[-1]), self.where.key_span(complaint.path)
        if path[:1] == ("packages",) and name and not name.strip("<>=!~^"):
            written = f"{name}={complaint.value}"
            return Problem("unquoted-range", f"the version range `{written}` must be quoted", place, (), f'write `{path[1]} "{written}"`')
        if path[-3:-2] == ("source",):
            known = self.schema.settings_of(self.kind_of(path[:-1]))
        holder = "a profile" if len(path) == 1 else "a `host` block" if path[0] == "host" and len(path) == 3 else describe_path(path[:-1])
        what = "" if holder.startswith("a ") else "setting "
        hint = suggest_term(name, sorted(known), "its settings are")
        return Problem("unknown-key", f"{holder} has no {what}`{name}`", place, (), hint)

    def kind_of(self, path: KeyPath) -> str:
        """Return the kind of the source at ``path``; without a valid ``describe_kind`` it is the source's name."""
        found: Any = self.value
        for part in path:
            found = found.get(part, {}) if isinstance(found, dict) else {}
        kind = found.get("kind") if isinstance(found, dict) else None
        return kind if isinstance(kind, str) else str(path[-1])

    def not_among(self, complaint: Violation) -> Problem:
        known = [str(name) for name in complaint.schema["enum"]]
        hint = suggest_term(str(complaint.value), known, "use one of", self.load_kinds)
        return Problem(
            "bad-value",
            f"{self.describe_value(complaint.value)} is not {_title(complaint.schema)} that nipsys supports",
            self.where.value_span(complaint.path),
            (),
            hint,
        )

    def out_of_range(self, complaint: Violation) -> Problem:
        path, value, rules = complaint.path, complaint.value, complaint.schema
        place = self.where.value_span(path)
        if path[-1] == "mode":
            return Problem(
                "bad-value",
                f"`{value}` is not a mode",
                place,
                ("a plain number is read as decimal, not as octal",),
                'write `"0644"` or `0o644`',
            )
        low, high = rules.get("minimum", 0), rules.get("maximum")
        bounds = f"between {low} and {high}" if high is not None else f"{low} or more"
        return Problem("bad-value", f"{describe_path(path)} must be {bounds}, not `{value}`", place, (), _hint(rules))

    def wrong_type(self, complaint: Violation) -> Problem:
        path, value, rules = complaint.path, complaint.value, complaint.schema
        place = self.where.value_span(path)
        if isinstance(value, float) and not math.isfinite(value):
            sign = "infinity" if math.isinf(value) else "`nan`"
            return Problem("bad-value", f"{describe_path(path)} cannot be {sign}", place, (), f"write {self.describe_types(rules)}")
        message = f"{describe_path(path)} must be {self.describe_types(rules)}, not {self.describe_kind(value)}"
        return Problem("wrong-type", message, place, (), self.type_hint(path, value, rules))

    def describe_types(self, rules: Schema) -> str:
        """Name the types that a value can have."""
        truth = "`#true` or `#false`" if self.is_kdl else "`true` or `false`"
        words = {"string": "text", "integer": "an integer", "array": "a list", "object": "a table", "boolean": truth}
        given = rules["type"]
        names = [words[name] for name in words if name == given or name in given]
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" or {names[-1]}"

    def type_hint(self, path: KeyPath, value: object, rules: Schema) -> str | None:
        given = rules["type"]
        if isinstance(value, list) and len(path) == 1:
            name = str(path[0])
            example = {
                "source": '[source.debian]` with `suite = "trixie"',
                "packages": "[packages]` with `git = true",
                "files": '[files]` with `"~/.vimrc" = "vimrc"',
            }
            return f"write a table, `{example.get(name, f'[{name}]')}`"
        word = str(value).lower()
        if given == "boolean" and word in {"true", "yes", "on", "1", "false", "no", "off", "0"}:
            return f"write `{'#' if self.is_kdl else ''}{'true' if word in {'true', 'yes', 'on', '1'} else 'false'}`, without quotes"
        if "string" in given and not isinstance(value, str | list | dict) and value is not None:
            return f'put it in quotes: `"{word if isinstance(value, bool) else value}"`'
        if given == "integer" and isinstance(value, str) and value.isdecimal():
            return f"write it without quotes: `{value}`"
        return _hint(rules)

    def describe_value(self, value: object) -> str:
        """Return a value as it was written, or described in words."""
        return f"`{value}`" if isinstance(value, str) and value else self.describe_kind(value)

    def describe_kind(self, value: object) -> str:
        """Describe a value in words."""
        match value:
            case None:
                return "nothing"
            case bool():
                return f"`{'#' if self.is_kdl else ''}{str(value).lower()}`"
            case "":
                return "empty text"
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


def describe_path(path: KeyPath) -> str:
    """Describe the value at ``path``: the setting, and the part of the profile it belongs to."""
    if path[:1] == ("host",) and len(path) > 2:
        path = path[2:]
    match path:
        case ():
            return "a profile"
        case (str(section),):
            return f"`{section}`"
        case (str(section), int(index)):
            return f"entry {index + 1} of `{section}`"
        case (str(section), str(name)) | (str(section), str(name), int(_)):
            return f"{_SINGULAR.get(section, section)} `{name}`"
        case (str(section), str(name), *_, str(setting)):
            return f"`{setting}` of {_SINGULAR.get(section, section)} `{name}`"
        case (*holder, int(index)):
            return f"entry {index + 1} of {describe_path(tuple(holder))}"
        case _:
            return "`" + ".".join(map(str, path)) + "`"


def _title(rules: Schema) -> str:
    return str(rules.get("title", "a value"))


def _hint(rules: Schema) -> str | None:
    """Return the schema's description of a value, which is written as a hint."""
    text = rules.get("description")
    return text[0].lower() + text[1:] if text else None


def _value_hint(path: KeyPath, value: object, rules: Schema) -> str | None:
    if path[-1] == "version" and str(value).isidentifier():
        return f"write a flag as `+{value}` or `-{value}`"
    return _hint(rules)


def _name_hint(value: object, rules: Schema) -> str | None:
    text = str(value)
    if _title(rules) == "a package name" and any(sign in text for sign in "<>="):
        return f'write name and range separately, as in `{text.rstrip("0123456789.+~:-").rstrip("<>=!") or "vim"} ">=9"`'
    return _hint(rules)
