"""The face of a package: what others may import from it, loaded when it is first asked for (PEP 562).

A quick command such as ``status`` pays for the modules it uses and for no others of the room.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_face(package: str, modules: Mapping[str, tuple[str, ...]], *, below: str = "") -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package whose names come from its modules, or from modules ``below`` another package.

    ``modules`` maps each module, without the package's name, to the names that it supplies. The returned function raises
    ``AttributeError`` for any other name, as a module does.
    """
    home = {name: f"{below or package}.{module}" for module, names in modules.items() for name in names}

    def load(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
