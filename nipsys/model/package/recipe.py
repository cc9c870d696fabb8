"""A recipe: how bytes that anyone can read become a tree, with every input pinned by digest."""

from nipsys.model.span import Span
from nipsys.model.value import Frozen, asdict, field


class Replacement(Frozen):
    """One literal text taken out of a file and another put in."""

    old: str
    new: str
    count: int = 1
    """How often ``old`` must occur; the build stops when it does not."""


class Edit(Frozen):
    """Replacements in one file."""

    path: str
    replacements: tuple[Replacement, ...]


class Write(Frozen):
    """A file whose text the recipe gives."""

    path: str
    text: str
    executable: bool = False


class Part(Frozen):
    """A piece of a generated text: what is read, and what becomes of it, in the order of the fields."""

    text: str = ""
    """Literal text; stands before what the files give."""
    origin: tuple[str, ...] = ()
    """Patterns of files inside the sandbox, read in sorted order."""
    until: str = ""
    """Regular expression: keep the lines before the first that matches."""
    after: str = ""
    """Regular expression: keep the lines after the first that matches."""
    keep: str = ""
    """Regular expression: keep only the lines in which it is found."""
    substitutions: tuple[tuple[str, str], ...] = ()
    """Pairs of regular expression and replacement, applied to every line in turn."""
    names: str = ""
    """Regular expression whose first group is a name; the lines give way to the sorted, distinct names."""
    templates: tuple[tuple[str, str], ...] = ()
    """For names: ``on``, ``off`` and ``value`` texts in which ``@`` is the name and ``$`` the value."""
    chosen: tuple[str, ...] = ()
    """Names that get the ``on`` text."""
    values: tuple[tuple[str, str], ...] = ()
    """Names that get the ``value`` text."""


class Generate(Frozen):
    """A text made from inputs by pure transformations; its result is pinned."""

    path: str
    parts: tuple[Part, ...]
    sha256: str = ""


class Run(Frozen):
    """One program with its arguments; there is no shell between."""

    argv: tuple[str, ...]
    cwd: str = "/build"
    env: tuple[tuple[str, str], ...] = ()
    """Added to the recipe's environment."""
    status: int = 0
    stdout: str | None = None
    """When given, what the program must print, exactly."""


class Compile(Frozen):
    """The same program once per source file, as many at a time as there are jobs."""

    name: str
    into: str
    """Directory of the objects."""
    argv: tuple[str, ...]
    """``{source}`` and ``{object}`` stand for the two paths."""
    sources: tuple[str, ...]
    """Paths or patterns."""
    skip: tuple[str, ...] = ()


class Archive(Frozen):
    """An ``ar`` archive with a symbol index, written without times and owners."""

    path: str
    members: tuple[str, ...] = ()
    """Paths, or ``{objects:NAME}`` of an earlier ``compile``; none makes an empty archive."""


class Copy(Frozen):
    """A file or a directory copied."""

    origin: str
    to: str
    skip: tuple[str, ...] = ()


class Link(Frozen):
    """A symbolic link."""

    path: str
    target: str


class Directory(Frozen):
    """A directory made, with its parents."""

    path: str


class Remove(Frozen):
    """Files and directories taken away, by path or pattern."""

    paths: tuple[str, ...]


Step = Run | Compile | Archive | Copy | Write | Generate | Edit | Link | Directory | Remove
"""One thing that happens inside the sandbox."""

VERBS: dict[str, type[Step]] = {
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


def step_value(step: Step) -> dict[str, object]:
    """Return a step as a JSON value with its verb under ``do``."""
    return {"do": next(verb for verb, kind in VERBS.items() if type(step) is kind), **asdict(step)}


class Material(Frozen):
    """Bytes from elsewhere: a source that can be read, or a seed that must be trusted."""

    name: str
    """It is seen inside the sandbox as ``/src/NAME``."""
    kind: str
    """``archive``, ``file``, ``deb`` or ``host`` (a path of this machine: declared, never pinned)."""
    sha256: str = ""
    size: int = 0
    """Bytes, when the recipe says."""
    pool: str = ""
    """Path below a Debian archive's root; the mirror is the one this machine uses."""
    urls: tuple[str, ...] = ()
    path: str = ""
    """For ``host``: the absolute path. For ``file`` without address: a path beside the recipe."""
    strip: int = 0
    """Leading parts of the members' paths that are dropped."""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    changes: tuple[Edit | Write, ...] = ()
    """Our patches, applied once it is unpacked."""
    opaque: bool = False
    """A seed: nothing in the graph builds it."""
    reason: str = ""
    """For a seed: why it is there and how it was obtained."""
    span: Span | None = field(default=None, compare=False)


class Input(Frozen):
    """A tree that another recipe builds, mounted read-only."""

    name: str
    recipe: str
    role: str = "tool"
    """``tool`` runs during the build, ``library`` becomes part of the result, ``runtime`` is needed by the result."""
    mount: str = ""
    flags: tuple[str, ...] = ()
    """Variants asked of it."""
    span: Span | None = field(default=None, compare=False)


class Expected(Frozen):
    """The tree that a set of flags must give."""

    tree: str
    flags: tuple[str, ...] = ()


class Output(Frozen):
    """What must hold of the result."""

    expected: tuple[Expected, ...] = ()
    forbid: tuple[str, ...] = ()
    """Texts that must not occur in any file."""
    allow: tuple[str, ...] = ()
    """When given, the only inputs (by mount) whose paths may occur."""
    static: bool = False
    """Every program in it must be without an interpreter."""
    most: int = 0
    """Bytes it may have at most; 0 is no limit."""


class Fixpoint(Frozen):
    """Recipes that build each other until they reproduce themselves."""

    members: tuple[str, ...]
    """In the order in which a round builds them."""
    start: tuple[tuple[str, str], ...]
    """What stands for a member before the first round: member, recipe."""
    rounds: int = 5


class Diverse(Frozen):
    """A recipe below this one with a variant whose every value must lead to the same bits."""

    recipe: str
    variant: str
    values: tuple[str, ...]


class Branch(Frozen):
    """What a variant's value adds to a recipe."""

    materials: tuple[Material, ...] = ()
    inputs: tuple[Input, ...] = ()
    links: tuple[Link, ...] = ()
    exports: tuple[Link, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    arguments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Lists of arguments by name; ``{args:NAME}`` in an argv stands for all of them."""
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    test: tuple[Step, ...] = ()


class Axis(Frozen):
    """A variant: its values, the default first, and what each adds."""

    name: str
    default: str
    """``on`` or ``off`` for a flag."""
    branches: tuple[tuple[str, Branch], ...]

    def values(self) -> tuple[str, ...]:
        """Return the values that the recipe knows."""
        return tuple(value for value, _ in self.branches)


class Recipe(Frozen):
    """How one package is built."""

    name: str
    version: str
    passname: str = ""
    """Tells apart several builds of the same source."""
    summary: str = ""
    license: str = ""
    arch: str = "x86_64"
    """The machine the result runs on."""
    libc: str = ""
    """``musl`` or ``glibc`` when the result is bound to one."""
    mount: str = ""
    """Where the result stands inside the sandbox; ``{out}`` in steps."""
    base: Branch = Branch()
    steps: tuple[Step, ...] = ()
    output: Output = Output()
    rebuild: int = 1
    """How often it must be built with the same result; the further ones under other circumstances."""
    fixpoint: Fixpoint | None = None
    member_of: str = ""
    diverse: Diverse | None = None
    axes: tuple[Axis, ...] = ()
    network: bool = False
    seconds: int = 3600
    """Time limit of one build."""
    folder: str = field(default="", compare=False)
    """Directory of the recipe file: files of its own are found there, never part of its identity."""
    span: Span | None = field(default=None, compare=False)

    @property
    def out(self) -> str:
        """Where the result stands inside the sandbox."""
        return self.mount or f"/store/{self.name}"

    @property
    def circles(self) -> bool:
        """Whether it is built again and again, with others, until it reproduces itself."""
        return bool(self.fixpoint or self.member_of)

    def value(self) -> dict[str, object]:
        """Return the recipe as a JSON value, without places; the shape of ``schemas/recipe.json``."""
        whole = asdict(self)
        for name in ("span", "folder"):
            del whole[name]
        for branch in (whole["base"], *(one[1] for axis in whole["axes"] for one in axis["branches"])):
            for given in (*branch["materials"], *branch["inputs"]):
                del given["span"]
        whole["steps"] = [step_value(step) for step in self.steps]
        return whole
