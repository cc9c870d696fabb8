"""Changes of a profile's text, each read again before it is returned."""

from collections.abc import Iterable
from types import ModuleType
from typing import Literal

from nipsys.model import Problem, Rejected
from nipsys.model.system import Flag, Request
from nipsys.profile.decode import decode
from nipsys.profile.load import load_document
from nipsys.profile.schema import LoadKinds, load_no_kinds

Format = Literal["kdl", "toml"]


def add_requests(text: str, format: Format, wanted: Iterable[Request], load_kinds: LoadKinds = load_no_kinds) -> str:  # noqa: A002 - the word for it
    """Add packages to the profile's text; one that is already there is replaced, unless only its name is requested.

    ``load_kinds`` returns the kinds of sources there are, for those that the schema does not list.
    """
    for request in wanted:
        there = _read_packages(text, format, load_kinds).get(request.name)
        if there is None or not there or not (len(there) == 1 and _is_bare(request)):
            text = _editor_for(format).add(text, request)
        _check_change(text, format, request.name, load_kinds, there=True)
    return text


def remove_requests(text: str, format: Format, names: Iterable[str], load_kinds: LoadKinds = load_no_kinds) -> str:  # noqa: A002 - the word for it
    """Remove packages from the profile's text; ``Rejected`` names all that it does not contain itself."""
    names = tuple(dict.fromkeys(names))
    known = _read_packages(text, format, load_kinds)
    strangers = [name for name in names if name not in known]
    if strangers:
        hint = (
            "`{0} #false` in `packages` leaves out a package that an included file requests"
            if format == "kdl"
            else "`{0} = false` leaves out a package that an included file requests"
        )
        raise Rejected(
            (Problem("not-in-profile", f"the profile does not request `{name}` itself", None, (), hint.format(name)) for name in strangers),
            "request",
        )
    for name in names:
        text = _editor_for(format).remove(text, name)
        _check_change(text, format, name, load_kinds, there=False)
    return text


def set_flag(text: str, format: Format, name: str, flag: Flag, load_kinds: LoadKinds = load_no_kinds) -> str:  # noqa: A002 - the word for it
    """Set one flag of a package that the profile's text contains exactly once."""
    there = _read_packages(text, format, load_kinds).get(name, ())
    if len(there) != 1:
        count = "requests `{}` several times" if there else "does not request `{}`"
        raise Rejected(
            (
                Problem(
                    "not-in-profile",
                    f"the profile {count.format(name)}, so the flag cannot be set",
                    hint=f"`nipsys install {name} {flag}`",
                ),
            ),
            "request",
        )
    if flag in there[0].flags:
        return text
    text = _editor_for(format).set_flag(text, name, flag)
    _check_change(text, format, name, load_kinds, there=True)
    return text


def _is_bare(request: Request) -> bool:
    return request == Request(request.name)


def _editor_for(format: Format) -> ModuleType:  # noqa: A002 - the word for it
    if format == "kdl":
        from nipsys.profile.edit import kdl  # noqa: PLC0415 - one of the two is needed

        return kdl
    from nipsys.profile.edit import toml  # noqa: PLC0415 - tomlkit is heavy

    return toml


def _read_packages(text: str, format: Format, load_kinds: LoadKinds) -> dict[str, tuple[Request, ...]]:  # noqa: A002 - the word for it
    document = load_document(f"profile.{format}", text.encode(), load_kinds)
    found = decode(document, document.value)
    if document.problems:
        raise Rejected(document.problems, "profile")
    return found.packages


def _check_change(text: str, format: Format, name: str, load_kinds: LoadKinds, *, there: bool) -> None:  # noqa: A002 - the word for it
    if (name in _read_packages(text, format, load_kinds)) != there:
        raise Rejected((Problem("bug", f"the change of `{name}` had no effect", hint="edit the profile by hand and report a bug"),), "bug")
