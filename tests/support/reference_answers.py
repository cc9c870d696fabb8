"""Make ``docs/reference/json.md`` from the schemas of answers."""

from collections.abc import Iterator, Mapping
from typing import Any

HEAD = """# JSON answers

Every command accepts `--json` and then prints one JSON value on stdout. An error is a JSON value too ([its form](#error)); the
[exit code](exit-codes.md) says which of the two it is. `run` and `shell` become another program and answer nothing.

The schemas are in `schemas/answers`, and in `nipsys/schemas/answers` of an installation (JSON Schema 2020-12). This is version 1 of the interface.
Within a version fields may be added, so ignore those that you do not know. No field is removed, renamed or given another type.

`[]` stands for every element of a list.

"""
PLAIN = {
    "string": "text",
    "array": "list",
    "null": "null",
    "object": "object",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}
PLURAL = {"text": "texts", "object": "objects", "integer": "integers", "list": "lists"}

Schema = Mapping[str, Any]


def make_page(schemas: Mapping[str, Schema]) -> str:
    """Return the page: the error first, then each answer, then events. ``schemas`` has ``../generation`` too."""
    names = ["error", *sorted(name for name in schemas if name not in {"common", "error", "progress", "../generation"}), "progress"]
    return HEAD + "\n".join("\n".join(_section(name, schemas)) for name in names)


def _section(name: str, schemas: Mapping[str, Schema]) -> Iterator[str]:
    schema = schemas[name]
    title, *others = schema["title"].split(", ")
    yield f"## {'Error' if name == 'error' else f'`{title}`'}\n"
    if others:
        yield "Also: " + ", ".join(f"`{other}`" for other in others) + ".\n"
    if "anyOf" in schema and "description" in schema:
        yield f"{_sentence(schema)}\n"
    for variant in schema.get("anyOf", [schema]):
        whole = schemas.get(variant.get("$ref", "").removesuffix(".json"))
        if whole:
            link = whole["title"].partition(",")[0]
            text = f"{variant['description'].rstrip('.')}, in the form of" if "description" in variant else "The same as"
            yield f"{text} [`{link}`](#{link.replace(' ', '-')}).\n"
        else:
            yield from _describe(inline(variant, name, schemas))


def inline(schema: Schema, name: str, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """Return a schema with what its references lead to; a description next to a reference is kept."""
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        home = file.removesuffix(".json") or name
        target: Any = schemas[home]
        for part in pointer.strip("/").split("/") if pointer else ():
            target = target[part]
        return {**inline(target, home, schemas), **{key: value for key, value in schema.items() if key != "$ref"}}
    found: dict[str, Any] = dict(schema)
    if isinstance(schema.get("properties"), Mapping):
        found["properties"] = {key: inline(part, name, schemas) for key, part in schema["properties"].items()}
    if isinstance(schema.get("items"), Mapping):
        found["items"] = inline(schema["items"], name, schemas)
    if "anyOf" in schema:
        found["anyOf"] = [inline(part, name, schemas) for part in schema["anyOf"]]
    return found


def _describe(schema: Schema) -> Iterator[str]:
    """Yield one form of an answer: its sentence, and the table of its fields."""
    if schema.get("type") == "array":
        yield f"A list: {schema['description']}.\n" if "description" in schema else "A list.\n"
    elif "description" in schema:
        yield f"{_sentence(schema)}\n"
    rows = [f"| `{path}` | {kind} | {text} |\n" for path, kind, text in _iter_fields(schema, "")]
    if rows:
        yield "| field | type | meaning |\n|---|---|---|\n" + "".join(rows)


def _sentence(schema: Schema) -> str:
    text = str(schema.get("description", ""))
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _iter_fields(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield path, type and meaning of every field below a schema."""
    if "items" in schema:
        yield from _iter_fields(schema["items"], f"{path}[]")
    for key, part in schema.get("properties", {}).items():
        field = f"{path}.{key}".lstrip(".")
        values = part.get("enum") or part.get("items", {}).get("enum") or ()
        text = _sentence(part) + (f" One of {', '.join(f'`{value}`' for value in values)}." if values else "")
        yield field, _type_of(part), text + ("" if key in schema["required"] else " Optional.")
        if field == "plan":  # a plan has a section of its own
            continue
        yield from _iter_fields(next((one for one in part.get("anyOf", ()) if "properties" in one), part), field)


def _type_of(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_type_of(one) for one in schema["anyOf"])
    if all("description" in part for part in schema.get("prefixItems", [{}])):
        return f"[{', '.join(part['description'].replace('`', '') for part in schema['prefixItems'])}]"
    if "items" in schema:
        inner = _type_of(schema["items"])
        return f"list of {PLURAL.get(inner, inner)}"
    kinds = schema.get("type", "boolean" if isinstance(schema.get("const"), bool) else "string")
    return " or ".join(PLAIN[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
