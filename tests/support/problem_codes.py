"""Find every problem code in the code: a literal that reaches a parameter, a field, a variable or a key called ``code``.

A code that is computed, so that no reader of the text can list it, is reported as an offence.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Found(NamedTuple):
    """What a scan of the tree found."""

    places: Mapping[str, list[str]]
    """Each code with the places where it is given."""
    kinds: Mapping[str, set[str]]
    """Each code with the kinds that ``reject`` gives it; a ``Problem`` has its kind from the ``Rejected`` that carries it."""
    computed: list[str]
    """Places whose code is neither a literal nor passed on."""


def find_codes(modules: Mapping[str, str]) -> Found:
    """Scan modules: dotted name to text."""
    trees = {name: ast.parse(text) for name, text in modules.items()}
    takers = dict(pair for tree in trees.values() for pair in _find_takers(tree))
    places: defaultdict[str, list[str]] = defaultdict(list)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    computed: list[str] = []
    for name, tree in trees.items():
        for node, kind in _iter_codes(tree, takers):
            found = list(_literals_of(node))
            for code in found:
                places[code].append(f"{name}:{node.lineno}")
                kinds[code] |= {kind} if kind else set()
            if not found and not _is_passed_on(node):
                computed.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    return Found(places, kinds, computed)


def _find_takers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield what takes a ``code`` (text), with its place among the arguments: ``function``, ``Class``, or ``.method`` of any object."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
            names = [one.target.id for one in fields if isinstance(one.target, ast.Name)]
            if "code" in names and ast.unparse(fields[names.index("code")].annotation) == "str":
                yield node.name, names.index("code")
        for function in node.body if isinstance(node, ast.ClassDef | ast.Module) else ():
            if isinstance(function, ast.FunctionDef) and (place := _place_of_code(function)) is not None:
                method = f".{function.name}" if function.name != "__init__" else ""
                yield (method or node.name if isinstance(node, ast.ClassDef) else function.name), place


def _place_of_code(function: ast.FunctionDef) -> int | None:
    """Return the place of the parameter ``code: str`` in a call, which has no ``self``."""
    own = [one for one in function.args.args if one.arg != "self"]
    return next(
        (place for place, one in enumerate(own) if one.arg == "code" and one.annotation and ast.unparse(one.annotation) == "str"), None
    )


def _iter_codes(tree: ast.Module, takers: Mapping[str, int]) -> Iterator[tuple[ast.expr, str]]:
    """Yield every expression that gives a code, with the kind next to it in a call of ``reject``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (given := _taken(node, takers)) is not None:
            first = node.args[0] if node.args else None
            is_reject = isinstance(node.func, ast.Name) and node.func.id == "reject"
            yield given, str(first.value) if is_reject and isinstance(first, ast.Constant) else ""
        elif isinstance(node, ast.Dict):
            yield from ((value, "") for key, value in zip(node.keys, node.values, strict=True) if _is_word(key, "code"))
        elif isinstance(node, ast.FunctionDef):
            inner = list(ast.walk(node))
            given_on = [_taken(one, takers) for one in inner if isinstance(one, ast.Call)]
            given_on += [value for one in inner if isinstance(one, ast.Dict) for value in one.values]
            if any(one is not None and _is_code(one) for one in given_on):  # else it is another thing called code
                yield from ((value, "") for one in inner if isinstance(one, ast.Assign) for value in _assigned(one))


def _taken(call: ast.Call, takers: Mapping[str, int]) -> ast.expr | None:
    """Return the code that a call gives, if it calls something that takes one."""
    name = call.func.id if isinstance(call.func, ast.Name) else f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else ""
    return _argument(call, takers[name]) if name in takers else None


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    named = [word.value for word in call.keywords if word.arg == "code"]
    return named[0] if named else call.args[place] if place < len(call.args) else next(iter(call.args[-1:]), None)


def _assigned(node: ast.Assign) -> Iterator[ast.expr]:
    """Yield what is assigned to a variable ``code``, alone or as part of a tuple."""
    for target in node.targets:
        places = [_is_code(one) for one in target.elts] if isinstance(target, ast.Tuple) else []
        if _is_code(target):
            yield node.value
        elif any(places):
            branches = (node.value.body, node.value.orelse) if isinstance(node.value, ast.IfExp) else (node.value,)
            for value in branches:
                yield value.elts[places.index(True)] if isinstance(value, ast.Tuple) else value


def _literals_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from [node.value] if node.value else []
    elif isinstance(node, ast.IfExp):
        yield from (*_literals_of(node.body), *_literals_of(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (code for value in node.values for code in _literals_of(value))


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "code"


def _is_passed_on(node: ast.expr) -> bool:
    """Return whether the code comes from something that is itself called ``code``; an empty one means that there is none."""
    return (
        _is_code(node)
        or (isinstance(node, ast.Attribute) and node.attr == "code")
        or _is_word(node, "")
        or (isinstance(node, ast.Subscript) and _is_word(node.slice, "code"))
    )


def _is_word(node: ast.expr | None, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word
