"""The face of a package: what others may import from it, loaded when it is first asked for (PEP 562).

A quick command such as ``status`` pays for the modules it uses and for no others of the room.
"""

import sys
from collections.abc import Callable, Mapping


def lazy_face(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package whose names come from its modules.

    ``modules`` maps each module, without the package's name, to the names that it supplies. The returned function raises
    ``AttributeError`` for any other name, as a module does.
    """
    home = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def load(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        __import__(home[name])  # importlib would do the same and costs half a millisecond itself
        value: object = getattr(sys.modules[home[name]], name)
        setattr(sys.modules[package], name, value)
        return value

    return load
