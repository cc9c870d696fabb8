"""Find recipes: files named after what they build."""

import os
from collections.abc import Iterator

from nipsys.builder.recipe.parse import parse_recipe
from nipsys.model import reject
from nipsys.model.package import Recipe


class RecipePath:
    """Recipes below a list of directories; each file is read once."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        """Search ``folders``, in this order."""
        self.folders = folders
        self._cache: dict[str, Recipe] = {}

    def load(self, path: str) -> Recipe:
        """Read the recipe at ``path``; ``Rejected`` (kind ``build``) when it is missing or invalid."""
        real = os.path.realpath(path)
        if real not in self._cache:
            try:
                with open(path, encoding="utf-8") as stream:
                    body = stream.read()
            except (OSError, UnicodeDecodeError) as error:
                code = "missing-file" if isinstance(error, FileNotFoundError) else "unreadable-file"
                raise reject("build", code, f"`{path}` cannot be read: {error}") from None
            self._cache[real] = parse_recipe(path, body, os.path.dirname(real))
        return self._cache[real]

    def find(self, name: str, requester: Recipe | None = None) -> Recipe:
        """Return the recipe ``name``, searched next to the recipe ``requester``, then in the directories of this path.

        ``Rejected`` (kind ``build``) when it is missing.
        """
        places = [requester.folder, os.path.dirname(requester.folder)] if requester else []
        for folder in (*places, *self.folders):
            for path in _iter_candidates(folder, f"{name}.kdl"):
                return self.load(path)
        hint = "searched in " + ", ".join(f"`{folder}`" for folder in (*places, *self.folders))
        raise reject("build", "unknown-recipe", f"no recipe is named `{name}`", hint=hint, span=requester.span if requester else None)

    def list_recipes(self) -> tuple[tuple[str, str], ...]:
        """Return (name, path) of every recipe file, sorted; an earlier directory wins."""
        found = {
            name[:-4]: f"{top}/{name}"
            for folder in reversed(self.folders)
            for top, _, files in os.walk(folder)
            for name in files
            if name[-4:] == ".kdl"
        }
        return tuple(sorted(found.items()))


def _iter_candidates(folder: str, file: str) -> Iterator[str]:
    """Iterate over matches in ``folder`` and one level below it, in sorted order."""
    if os.path.isfile(f"{folder}/{file}"):
        yield f"{folder}/{file}"
    if os.path.isdir(folder):
        for name in sorted(os.listdir(folder)):
            if os.path.isfile(f"{folder}/{name}/{file}"):
                yield f"{folder}/{name}/{file}"
