"""What must be trusted so that a package is what its source says, in bytes."""

from nipsys.model.value import Frozen, asdict


class Seed(Frozen):
    """A binary that nothing in the graph builds."""

    name: str
    sha256: str
    """Empty for what is taken from this machine: declared, never pinned."""
    size: int
    """Bytes as it was fetched."""
    reason: str
    recipe: str
    """The recipe, or the package, that brings it in."""
    used_bytes: int = 0
    """Bytes of those files that are taken out of it."""
    signed_by: str = ""
    """For a grafted package: the key its source was verified with."""
    independent: int = 0
    """How many seeds lead to the same bits in its place; 0 when none was compared."""


class SourceFacts(Frozen):
    """A source archive, looked through."""

    name: str
    sha256: str
    archive_bytes: int
    files: int
    bytes: int
    binary_files: int
    binary_bytes: int
    generated_files: int
    generated_bytes: int
    patch_bytes: int

    @property
    def readable_bytes(self) -> int:
        """Bytes of text that people wrote."""
        return self.bytes - self.binary_bytes - self.generated_bytes


class Evidence(Frozen):
    """One thing that speaks for a result."""

    kind: str
    """``rebuild`` (another build gave the same tree) or ``seed`` (another seed led to the same tree)."""
    of: str
    """The package it speaks for."""
    detail: str
    at: str = ""
    tree: str = ""


class Trust(Frozen):
    """The answer of an audit."""

    target: str
    tree: str
    runtime: tuple[str, ...]
    """Packages whose trees the result needs when it runs, itself included."""
    runtime_bytes: int
    builds: tuple[str, ...]
    """Everything that was built on the way, each label once."""
    seeds: tuple[Seed, ...]
    sources: tuple[SourceFacts, ...]
    recipe_bytes: int
    generated_texts: int
    """Texts that recipes had generated, by pinned or recorded transformations."""
    host: tuple[tuple[str, str], ...]
    """What stands outside the graph and is always trusted: kernel, Python, nipsys, namespaces."""
    witnesses: tuple[Evidence, ...]

    @property
    def opaque_bytes(self) -> int:
        """Bytes of all seeds."""
        return sum(seed.size for seed in self.seeds)

    def value(self) -> dict[str, object]:
        """Give it as the JSON value other tools rely on."""
        return {
            "target": self.target,
            "tree": self.tree,
            "runtime": {"packages": list(self.runtime), "bytes": self.runtime_bytes},
            "builds": list(self.builds),
            "seeds": [asdict(seed) for seed in self.seeds],
            "opaque_bytes": self.opaque_bytes,
            "opaque_bytes_used": sum(seed.used_bytes for seed in self.seeds),
            "sources": [asdict(source) for source in self.sources],
            "source_bytes": sum(source.readable_bytes for source in self.sources),
            "source_files": sum(source.files for source in self.sources),
            "archive_bytes": sum(source.archive_bytes for source in self.sources),
            "binary_bytes_in_sources": sum(source.binary_bytes for source in self.sources),
            "binary_files_in_sources": sum(source.binary_files for source in self.sources),
            "generated_bytes": sum(source.generated_bytes for source in self.sources),
            "generated_files": sum(source.generated_files for source in self.sources),
            "recipe_bytes": self.recipe_bytes,
            "patch_bytes": sum(source.patch_bytes for source in self.sources),
            "generated_texts": self.generated_texts,
            "host": dict(self.host),
            "witnesses": [asdict(witness) for witness in self.witnesses],
        }
