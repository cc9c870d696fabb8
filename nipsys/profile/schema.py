"""Validate a document by the schema of both formats: a fast check for every run, and jsonschema's full report for invalid documents.

jsonschema takes longer to import than a whole run of nipsys. The fast check knows only the keywords that the schema uses; a property test
checks that both give the same result.

The shipped schema lists the kinds of sources with their settings, for editors of profiles and so that a profile is read without loading
any of them. A kind that it does not list is asked of the kinds themselves.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import nipsys
from nipsys.profile.positions import KeyPath

if TYPE_CHECKING:
    from nipsys.model.system import Traits

Schema = Mapping[str, Any]


class Violation(NamedTuple):
    """One violation of the schema."""

    path: KeyPath
    """Path of the invalid value; for ``required``, of the object that lacks a key."""
    keyword: str
    """The JSON Schema keyword that failed; ``propertyNames`` when the last part of the path is itself an invalid name."""
    schema: Schema
    """The part of the schema that the value violates."""
    value: object


class ProfileSchema:
    """The schema of a profile, as read from ``schemas/profile.json``."""

    def __init__(self, rules: Schema) -> None:
        self.rules = rules
        self.kinds: tuple[str, ...] = tuple(rules["$defs"]["kind"]["enum"])
        """The kinds of sources that it allows."""

    def is_valid(self, document: object) -> bool:
        """Return whether ``document``, a JSON value, is valid."""
        return _is_accepted(document, self.rules, self.rules)

    def settings_of(self, kind: str) -> tuple[str, ...]:
        """Return the settings of a kind of source, sorted; a setting without ``kinds`` in the schema is valid for all."""
        known: Schema = self.rules["$defs"]["source"]["properties"]
        return tuple(sorted(name for name, rules in known.items() if name != "kind" and kind in rules.get("kinds", (kind,))))

    def extend(self, kinds: "Kinds") -> "ProfileSchema":
        """Return a schema that allows these kinds too: their settings are shaped as those of other kinds, or are any words or a number."""
        definitions = dict(self.rules["$defs"])
        properties = dict(definitions["source"]["properties"])
        for kind, traits in kinds.items():
            for name in traits.settings:
                known = properties.get(name, {**_ANY_SETTING, "kinds": []})
                properties[name] = {**known, "kinds": [*known["kinds"], kind]} if "kinds" in known else known
        definitions["source"] = {**definitions["source"], "properties": properties}
        definitions["kind"] = {**definitions["kind"], "enum": sorted({*self.kinds, *kinds})}
        return ProfileSchema({**self.rules, "$defs": definitions})


Kinds = Mapping[str, "Traits"]
"""The kinds of sources there are, each with its traits."""
LoadKinds = Callable[[], Kinds]
"""Returns the kinds of sources there are. It is called only for a kind that the shipped schema does not list, and for hints."""
_ANY_SETTING: Schema = {
    "title": "a setting",
    "type": ["string", "integer", "boolean", "array"],
    "minLength": 1,
    "items": {"title": "a word without spaces", "type": "string", "pattern": "^\\S+$"},
}


def load_no_kinds() -> Kinds:
    """Return no kinds, for those who need only the ones that the shipped schema lists."""
    return {}


def schema_for(document: Mapping[str, Any], load_kinds: LoadKinds) -> ProfileSchema:
    """Return the shipped schema; extended by all kinds there are when the document has a source of a kind that it does not list."""
    shipped = read_schema()
    hosts = document.get("host")
    parts = (document, *(hosts.values() if isinstance(hosts, dict) else ()))
    sources = (part["source"] for part in parts if isinstance(part, dict) and isinstance(part.get("source"), dict))
    named = {settings.get("kind", name) if isinstance(settings, dict) else name for source in sources for name, settings in source.items()}
    if named <= set(shipped.kinds):
        return shipped
    return shipped.extend({kind: traits for kind, traits in load_kinds().items() if kind not in shipped.kinds})


@cache
def read_schema() -> ProfileSchema:
    """Read ``schemas/profile.json``: inside the installed package, or next to it in a checkout."""
    return ProfileSchema(json.loads(read_shipped("profile.json", nipsys.__path__[0], nipsys.__spec__.loader.get_data)))  # type: ignore[union-attr]


def read_shipped(name: str, package: str, get_data: Callable[[str], bytes]) -> bytes:
    """Return a schema's bytes, read by the loader of the package at the path ``package``; raise ``OSError`` when it is in neither place."""
    try:
        return get_data(f"{package}/schemas/{name}")
    except OSError:
        return get_data(f"{package}/../schemas/{name}")


_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "boolean": bool, "array": list, "object": dict, "integer": int}


def _is_type(value: object, name: str) -> bool:
    if name == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _TYPES[name])


def _is_accepted(value: object, rules: Schema, whole: Schema) -> bool:
    if "$ref" in rules and not _is_accepted(value, _resolve_reference(rules["$ref"], whole), whole):
        return False
    wanted = rules.get("type")
    if wanted and not any(_is_type(value, name) for name in ((wanted,) if isinstance(wanted, str) else wanted)):
        return False
    if "enum" in rules and value not in rules["enum"]:
        return False
    match value:
        case str():
            return _is_valid_text(value, rules)
        case list():
            return len(value) >= rules.get("minItems", 0) and (
                "items" not in rules or all(_is_accepted(item, rules["items"], whole) for item in value)
            )
        case dict():
            return _is_valid_object(value, rules, whole)
        case bool():
            return True
        case int() | float():
            return bool(rules.get("minimum", value) <= value <= rules.get("maximum", value))
        case _:
            return True


def _resolve_reference(reference: str, whole: Schema) -> Schema:
    found: Schema = whole["$defs"][reference.rpartition("/")[2]]
    return found


def _is_valid_text(value: str, rules: Schema) -> bool:
    return len(value) >= rules.get("minLength", 0) and ("pattern" not in rules or _matches(rules["pattern"], value))


def _is_valid_object(value: dict[str, object], rules: Schema, whole: Schema) -> bool:
    if len(value) < rules.get("minProperties", 0) or any(key not in value for key in rules.get("required", ())):
        return False
    if "propertyNames" in rules and not all(_is_accepted(key, rules["propertyNames"], whole) for key in value):
        return False
    known = rules.get("properties", {})
    rest = rules.get("additionalProperties", {})
    return all(
        _is_accepted(inner, known[key], whole) if key in known else rest is not False and _is_accepted(inner, rest, whole)
        for key, inner in value.items()
    )


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # `$` would also match before a final line end.
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _matches(pattern: str, value: str) -> bool:
    return _pattern(pattern).search(value) is not None


def find_violations(document: object, schema: ProfileSchema) -> list[Violation]:
    """Return the violations of ``schema`` by ``document``, the most important one of each value, sorted by path."""
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415 - heavy, only when something is wrong
    from jsonschema.validators import extend  # noqa: PLC0415 - heavy, only when something is wrong

    def pattern(_validator: object, wanted: str, value: object, _rules: Schema) -> Iterator[ValidationError]:
        if isinstance(value, str) and not _matches(wanted, value):
            yield ValidationError(f"{value!r} does not match")

    def names(validator: Any, rules: Schema, value: object, _rules: Schema) -> Iterator[ValidationError]:  # noqa: ANN401 - jsonschema has no type for it
        for name in value if isinstance(value, dict) else ():
            for error in validator.descend(name, rules):
                error.path.appendleft(name)
                error.validator, error.schema, error.instance = "propertyNames", {**_dereference(rules, schema.rules)}, name
                yield error

    found: list[Violation] = []
    reader = extend(Draft202012Validator, {"pattern": pattern, "propertyNames": names})  # type: ignore[no-untyped-call]
    for error in reader(schema.rules).iter_errors(document):
        path: KeyPath = tuple(error.absolute_path)
        rules = error.schema if isinstance(error.schema, Mapping) else {}
        if error.validator == "additionalProperties":
            strangers = [key for key in error.instance if key not in rules.get("properties", {})]
            found.extend(Violation((*path, key), "additionalProperties", rules, error.instance[key]) for key in strangers)
        else:
            found.append(Violation(path, str(error.validator), rules, error.instance))
    first: dict[KeyPath, Violation] = {}
    for complaint in sorted(found, key=lambda complaint: _RANK.get(complaint.keyword, 0)):
        first.setdefault(complaint.path, complaint)
    return sorted(first.values(), key=lambda complaint: tuple(map(str, complaint.path)))


_RANK = {"type": -1, "pattern": 1, "propertyNames": 1}
"""Of several violations by one value, the lowest rank is reported: type before content, emptiness before spelling."""


def _dereference(rules: Schema, whole: Schema) -> Schema:
    return _resolve_reference(rules["$ref"], whole) if "$ref" in rules else rules
