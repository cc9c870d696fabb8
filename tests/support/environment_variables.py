"""Find the environment variables that the code reads or sets, in Python and in C."""

import ast
import re
from collections.abc import Iterator, Mapping

_ALWAYS = re.compile(r"NIPSYS_[A-Z_]+|[A-Za-z]+_(?:proxy|PROXY)|PIP_[A-Z_]+|(?:NPM_CONFIG|npm_config)_[A-Za-z]+").fullmatch
"""Names that mean a variable wherever they are."""
_NAME = re.compile(r"[A-Za-z_]+").fullmatch
_IN_C = re.compile(r'\b(?:getenv|setenv|variable)\("([A-Za-z_]+)"')


def find_variables(modules: Mapping[str, str], c_files: Mapping[str, str]) -> set[str]:
    """Return the names of variables; a computed part of a name is written ``<kind>``."""
    found = {name for text in c_files.values() for name in _IN_C.findall(text)}
    for text in modules.values():
        found |= set(_find_in(ast.parse(text)))
    return found


def _find_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ALWAYS(node.value):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "<kind>" for part in node.values]
            if _ALWAYS("".join(parts).replace("<kind>", "X")) or _ALWAYS("".join(parts).replace("<kind>", "x")):
                yield "".join(parts)
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "getenv", "pop", "setdefault"}
        ):
            yield from _name_of(node.func.value, node.args[0] if node.args else None)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Del):
            yield from _name_of(node.value, node.slice)


def _name_of(holder: ast.expr, key: ast.expr | None) -> Iterator[str]:
    """Yield the key of an environment, if it is a literal name."""
    last = ast.unparse(holder).rpartition(".")[2]
    if (
        last in {"environ", "environment", "env", "host"}
        and isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and _NAME(key.value)
    ):
        yield key.value
