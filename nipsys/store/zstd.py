"""The C part of the ``zstandard`` package, without the package around it: to load that takes as long as to start Python.

Up to Python 3.11 it brings ``typing``, and everywhere ``platform``, to find out which of its parts fits; on CPython that is the one in C.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

from nipsys.model.typed import Any

_PACKAGE, _PART = "zstandard", "zstandard.backend_c"


def backend() -> Any:  # noqa: ANN401 - a module
    """Give a module with ``ZstdCompressor``, ``ZstdDecompressor`` and ``ZstdError``."""
    try:
        return sys.modules.get(_PART) or _loaded()
    except ImportError:  # another Python, for which the package has another part
        import zstandard  # noqa: PLC0415 - heavy, only here

        return zstandard


def _loaded() -> ModuleType:
    """Load the part in C as the package would."""
    package = PathFinder.find_spec(_PACKAGE)
    spec = PathFinder.find_spec(_PART, package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise ImportError(name=_PART)
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    sys.modules[_PART] = made
    return made
