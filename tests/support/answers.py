"""The schemas of JSON answers, read so that an unknown key is noticed: the schemas themselves allow additions."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


@cache
def read_schemas() -> dict[str, dict[str, Any]]:
    """Read the schemas of answers: name to schema."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((SCHEMAS / "answers").glob("*.json"))}


def read_all_schemas() -> dict[str, dict[str, Any]]:
    """Read the schemas of answers and the one of a generation, which they refer to as ``../generation``."""
    return {**read_schemas(), "../generation": json.loads((SCHEMAS / "generation.json").read_text())}


def close(schema: Any) -> Any:
    """Return a schema in which every object that lists its properties has no others."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(part) for key, part in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(schema.get("properties"), dict) and "type" in schema else closed


@cache
def _registry() -> Registry[Any]:
    resources = map(close, read_all_schemas().values())
    return Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in resources)  # type: ignore[no-any-return]


def find_faults(name: str, value: object) -> list[str]:
    """Return what is wrong with an answer by the schema ``name``, one line for each fault, each with its place."""
    validator = Draft202012Validator(close(read_schemas()[name]), registry=_registry())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def find_vague_parts(schema: Any, place: str = "") -> Iterator[str]:
    """Yield properties without a description and arrays without items: a reader would have to guess."""
    if isinstance(schema, Mapping):
        for name, part in (schema.get("properties") or {}).items():
            if isinstance(part, Mapping) and not {"description", "$ref", "const"} & part.keys():
                yield f"{place}.{name}"
        if schema.get("type") == "array" and not {"items", "prefixItems"} & schema.keys():
            yield f"{place}[]"
        for name, part in schema.items():
            yield from find_vague_parts(part, f"{place}/{name}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from find_vague_parts(part, f"{place}/{number}")
