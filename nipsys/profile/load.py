"""Load a file as a validated document: decoding, syntax, schema."""

from typing import Any

from nipsys.profile.document import Document
from nipsys.profile.positions import KeyPath, Positions, Range, SourceText
from nipsys.profile.schema import LoadKinds, find_violations, load_no_kinds, schema_for


def load_document(file: str, data: bytes, load_kinds: LoadKinds = load_no_kinds) -> Document:
    """Read one file; all errors of syntax and shape are in ``problems``, and the rest, in ``value``, fits the schema.

    ``load_kinds`` returns the kinds of sources there are, for those that the schema does not list.
    """
    try:
        body = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _report_encoding(file, data, error)
    document = Document(Positions(SourceText.of(file, body.removeprefix("\ufeff"))), load_kinds)
    if file.endswith(".toml"):
        from nipsys.profile.toml import fill_from_toml  # noqa: PLC0415 - tomllib is only needed for TOML

        fill_from_toml(document)
    else:
        from nipsys.profile.kdl import fill_from_kdl  # noqa: PLC0415 - ckdl is only needed for KDL

        fill_from_kdl(document)
    check_schema(document)
    return document


def _report_encoding(file: str, data: bytes, error: UnicodeDecodeError) -> Document:
    body = data.decode("utf-8", "replace")
    document = Document(Positions(SourceText.of(file, body)))
    at = len(data[: error.start].decode("utf-8"))
    document.add_problem_at(
        "encoding", f"the byte 0x{data[error.start]:02X} is not UTF-8", Range(at, at + 1), hint="save the file as UTF-8"
    )
    return document


def check_schema(document: Document) -> None:
    """Report violations of the schema, then remove the invalid parts so that the rest can still be read."""
    document.schema = schema_for(document.value, document.load_kinds)
    if document.schema.is_valid(document.value):
        return
    from nipsys.profile.schema_errors import find_problems  # noqa: PLC0415 - only when something is wrong

    document.problems.extend(
        problem for problem in find_problems(document) if problem.span is None or problem.span.line not in document.broken_lines
    )
    while not document.schema.is_valid(document.value):
        for complaint in find_violations(document.value, document.schema):
            _remove(document.value, complaint.path)


def _remove(value: Any, path: KeyPath) -> None:  # noqa: ANN401 - any JSON value
    """Remove the value at ``path``; inside a list the whole list is removed, so that no index changes."""
    holder = value
    for part in path[:-1]:
        inner = holder.get(part)
        if not isinstance(inner, dict):
            holder.pop(part, None)
            return
        holder = inner
    holder.pop(path[-1], None)
