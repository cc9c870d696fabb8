"""A recipe: how readable source becomes a tree, with every input pinned by digest."""

from nipsys.model.span import Span
from nipsys.model.value import Frozen, asdict, field


class Replacement(Frozen):
    """Replace one literal text in a file."""

    old: str
    new: str
    count: int = 1
    """How often ``old`` must occur; otherwise the build fails."""


class Edit(Frozen):
    """Edit one file by replacements."""

    path: str
    replacements: tuple[Replacement, ...]


class Write(Frozen):
    """Write a file with text from the recipe."""

    path: str
    text: str
    executable: bool = False


class TextPart(Frozen):
    """One part of a generated text: its input and the transformations, applied in the order of the fields."""

    text: str = ""
    """Literal text; comes before the content of the files."""
    origin: tuple[str, ...] = ()
    """Patterns of files inside the sandbox, read in sorted order."""
    until: str = ""
    """Regular expression: keep the lines before the first match."""
    after: str = ""
    """Regular expression: keep the lines after the first match."""
    keep: str = ""
    """Regular expression: keep only the lines that contain a match."""
    substitutions: tuple[tuple[str, str], ...] = ()
    """Pairs of regular expression and replacement, applied to every line in turn."""
    names: str = ""
    """Regular expression whose first group is a name; the lines are replaced by the sorted, distinct names."""
    templates: tuple[tuple[str, str], ...] = ()
    """For names: ``on``, ``off`` and ``value`` texts in which ``@`` is the name and ``$`` the value."""
    chosen: tuple[str, ...] = ()
    """Names that get the ``on`` text."""
    values: tuple[tuple[str, str], ...] = ()
    """Names that get the ``value`` text, with their values."""


class Generate(Frozen):
    """Generate a text from inputs by pure transformations; the result is pinned."""

    path: str
    parts: tuple[TextPart, ...]
    sha256: str = ""


class Run(Frozen):
    """Run one program with arguments, without a shell."""

    argv: tuple[str, ...]
    cwd: str = "/build"
    env: tuple[tuple[str, str], ...] = ()
    """Added to the environment of the recipe."""
    status: int = 0
    stdout: str | None = None
    """When given, the exact output that the program must print."""


class Compile(Frozen):
    """Run the same program once per source file, in parallel up to the number of jobs."""

    name: str
    into: str
    """Directory for the objects."""
    argv: tuple[str, ...]
    """``{source}`` and ``{object}`` are replaced by the two paths."""
    sources: tuple[str, ...]
    """Paths or patterns."""
    skip: tuple[str, ...] = ()


class Archive(Frozen):
    """Write an ``ar`` archive with a symbol index, without times and owners."""

    path: str
    members: tuple[str, ...] = ()
    """Paths, or ``{objects:NAME}`` of an earlier ``compile``; without members the archive is empty."""


class Copy(Frozen):
    """Copy a file or a directory."""

    origin: str
    to: str
    skip: tuple[str, ...] = ()


class Link(Frozen):
    """Create a symbolic link."""

    path: str
    target: str


class Directory(Frozen):
    """Create a directory and its parents."""

    path: str


class Remove(Frozen):
    """Remove files and directories by path or pattern."""

    paths: tuple[str, ...]


Step = Run | Compile | Archive | Copy | Write | Generate | Edit | Link | Directory | Remove
"""One step of a build, inside the sandbox."""

STEP_TYPES: dict[str, type[Step]] = {
    "run": Run,
    "compile": Compile,
    "archive": Archive,
    "copy": Copy,
    "write": Write,
    "generate": Generate,
    "edit": Edit,
    "link": Link,
    "directory": Directory,
    "remove": Remove,
}


def step_to_dict(step: Step) -> dict[str, object]:
    """Return a step as a JSON value with its verb under ``do``."""
    return {"do": next(verb for verb, kind in STEP_TYPES.items() if type(step) is kind), **asdict(step)}


class Material(Frozen):
    """An external input: a readable source, or a seed that must be trusted."""

    name: str
    """Visible inside the sandbox as ``/src/NAME``."""
    kind: str
    """``archive``, ``file``, ``deb`` or ``host`` (a path of this machine: declared, never pinned)."""
    sha256: str = ""
    size: int = 0
    """Bytes, when the recipe declares them."""
    pool: str = ""
    """Path below the root of a Debian archive; fetched from the mirror that this machine uses."""
    urls: tuple[str, ...] = ()
    path: str = ""
    """For ``host``: the absolute path. For ``file`` without a URL: a path relative to the recipe."""
    strip: int = 0
    """Number of leading path components to remove from every member."""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    changes: tuple[Edit | Write, ...] = ()
    """Patches of the recipe, applied after unpacking."""
    opaque: bool = False
    """A seed: nothing in the graph builds it."""
    reason: str = ""
    """For a seed: why it is used and how it was obtained."""
    span: Span | None = field(default=None, compare=False)


class Input(Frozen):
    """A tree that another recipe builds, mounted read-only."""

    name: str
    recipe: str
    role: str = "tool"
    """``tool`` runs during the build, ``library`` becomes part of the result, ``runtime`` is needed at run time."""
    mount: str = ""
    flags: tuple[str, ...] = ()
    """Requested variants."""
    span: Span | None = field(default=None, compare=False)


class ExpectedTree(Frozen):
    """The tree that a build with these flags must produce."""

    tree: str
    flags: tuple[str, ...] = ()


class OutputRules(Frozen):
    """What the result must satisfy."""

    expected: tuple[ExpectedTree, ...] = ()
    forbid: tuple[str, ...] = ()
    """Texts that must not occur in any file."""
    allow: tuple[str, ...] = ()
    """When given, the only inputs (by mount) whose paths may occur."""
    static: bool = False
    """No program in it may have an ELF interpreter."""
    most: int = 0
    """Maximum size in bytes; 0 means no limit."""


class Fixpoint(Frozen):
    """Recipes that build each other until they reproduce themselves."""

    members: tuple[str, ...]
    """In build order within a round."""
    start: tuple[tuple[str, str], ...]
    """(member, recipe): the recipe that takes the place of a member before the first round."""
    rounds: int = 5


class DiverseBuild(Frozen):
    """Diverse double compilation: a recipe below this one with a variant whose values must all give the same bits."""

    recipe: str
    variant: str
    values: tuple[str, ...]


class Branch(Frozen):
    """What one value of a variant adds to a recipe."""

    materials: tuple[Material, ...] = ()
    inputs: tuple[Input, ...] = ()
    links: tuple[Link, ...] = ()
    exports: tuple[Link, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    arguments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Lists of arguments by name; ``{args:NAME}`` in an argv expands to all of them."""
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    test: tuple[Step, ...] = ()


class RecipeVariant(Frozen):
    """A variant: its values, default first, and what each adds."""

    name: str
    default: str
    """``on`` or ``off`` for a flag."""
    branches: tuple[tuple[str, Branch], ...]

    def values(self) -> tuple[str, ...]:
        """Return the values that the recipe defines."""
        return tuple(value for value, _ in self.branches)


class Recipe(Frozen):
    """How one package is built."""

    name: str
    version: str
    passname: str = ""
    """Distinguishes several builds of the same source."""
    summary: str = ""
    license: str = ""
    arch: str = "x86_64"
    """The architecture that the result runs on."""
    libc: str = ""
    """``musl`` or ``glibc`` when the result requires one."""
    mount: str = ""
    """Path of the result inside the sandbox; ``{out}`` in steps."""
    base: Branch = Branch()
    steps: tuple[Step, ...] = ()
    output: OutputRules = OutputRules()
    rebuild: int = 1
    """Number of builds that must give the same result; those after the first run under different conditions."""
    fixpoint: Fixpoint | None = None
    member_of: str = ""
    diverse: DiverseBuild | None = None
    axes: tuple[RecipeVariant, ...] = ()
    network: bool = False
    seconds: int = 3600
    """Time limit of one build."""
    folder: str = field(default="", compare=False)
    """Directory of the recipe file, where its local files are; never part of its identity."""
    span: Span | None = field(default=None, compare=False)

    @property
    def out(self) -> str:
        """Path of the result inside the sandbox."""
        return self.mount or f"/store/{self.name}"

    @property
    def is_cyclic(self) -> bool:
        """Whether it is part of a fixpoint, built repeatedly until it reproduces itself."""
        return bool(self.fixpoint or self.member_of)

    def to_dict(self) -> dict[str, object]:
        """Return the recipe as a JSON value without source positions, as described by ``schemas/recipe.json``."""
        whole = asdict(self)
        for name in ("span", "folder"):
            del whole[name]
        for branch in (whole["base"], *(one[1] for axis in whole["axes"] for one in axis["branches"])):
            for given in (*branch["materials"], *branch["inputs"]):
                del given["span"]
        whole["steps"] = [step_to_dict(step) for step in self.steps]
        return whole
