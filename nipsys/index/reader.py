"""Read an index: arrays of numbers over a mapped file, nothing copied until it is needed."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from nipsys.index.file_layout import FIELD, ITEM, PAIR, STAMP_SIZE, DamagedIndex, IndexBytes, read_header
from nipsys.index.flags import FlagAlternative, FlagRequest
from nipsys.model.package import PackageRecord, Snapshot

_NUMBERS = (
    "detail",
    "origin",
    "essential",
    "first",
    "owner",
    "need_at",
    "need",
    "wish_at",
    "wish",
    "refuse_at",
    "refuse",
    "clause_at",
    "clause",
    "name_at",
    "text_at",
    "version_at",
    "virtual_at",
    "provider_at",
    "provider",
    "provided_at",
    "summary_at",
    "special",
    "alternatives_at",
    "arch",
    "mention_at",
    "mention",
    "mentioned_at",
    "popular",
    "twin",
    "twin_origin",
)
_FACTS = ("snapshot", "facts", "dialect", "archs", "maker", "origins", "unreadable")
_TEXTS = ("name", "text", "version", "virtual", "provided", "summary", "alternatives", "variants", "mentioned", "stamp", "twin_stamp")


class Provider(NamedTuple):
    """A candidate that provides a name other than its own."""

    candidate: int
    version: str
    """Version of the provided name; empty when it has none."""


class Artifact(NamedTuple):
    """What a record says about its artifact."""

    arch: str
    location: str
    size: int
    digest: str
    format: str
    facts: dict[str, str]


class Index:
    """One source snapshot: candidates, names and clauses by number (see ``nipsys.index``)."""

    def __init__(self, buffer: IndexBytes) -> None:
        """Open the bytes of an index, preferably a read-only map; raise ``Damaged`` when they are not an index."""
        view = memoryview(buffer)
        found = read_header(view)
        try:
            for name in _NUMBERS:
                start, length = found.sections[name]
                setattr(self, name, view[start : start + length].cast("I"))
            self.texts = {name: found.sections[name] for name in _TEXTS}
            self._facts = {name: found.entries[name] for name in _FACTS}
            self.size = found.number("candidates")
            """Number of candidates."""
            self.names = found.number("names")
            """Number of names."""
            self.clauses = found.number("clauses")
            """Number of distinct dependency texts."""
            self.flagged = bool(found.number("flagged"))
            """Whether some candidate has flags."""
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise DamagedIndex(f"the index lacks the section {error}") from None
        self._buffer, self._view = buffer, view
        self._decode: Callable[[str], tuple[Any, int]] | None = None

    detail: "memoryview[int]"
    origin: "memoryview[int]"
    essential: "memoryview[int]"
    """Candidates that every closure of this world includes."""
    first: "memoryview[int]"
    """First candidate of each name, and the number of candidates at the end."""
    owner: "memoryview[int]"
    """Number of each candidate's name."""
    need_at: "memoryview[int]"
    need: "memoryview[int]"
    wish_at: "memoryview[int]"
    wish: "memoryview[int]"
    refuse_at: "memoryview[int]"
    refuse: "memoryview[int]"
    clause_at: "memoryview[int]"
    clause: "memoryview[int]"
    name_at: "memoryview[int]"
    text_at: "memoryview[int]"
    version_at: "memoryview[int]"
    virtual_at: "memoryview[int]"
    provider_at: "memoryview[int]"
    provider: "memoryview[int]"
    provided_at: "memoryview[int]"
    summary_at: "memoryview[int]"
    special: "memoryview[int]"
    """Clauses that depend on variants, sorted."""
    alternatives_at: "memoryview[int]"
    arch: "memoryview[int]"
    """Number of each candidate's machine among ``archs``."""
    mention_at: "memoryview[int]"
    mention: "memoryview[int]"
    """For each clause, the numbers of the names it mentions, whether they exist or not."""
    mentioned_at: "memoryview[int]"
    popular: "memoryview[int]"
    """For each name, how many candidates depend on it or recommend it."""
    twin: "memoryview[int]"
    """For every duplicate record, the candidate it was equal to."""
    twin_origin: "memoryview[int]"

    @property
    def snapshot(self) -> Snapshot:
        """The state of the source that this index was built from."""
        source, digest, date = self._facts["snapshot"]
        return Snapshot(source, digest, date, tuple(_pair(fact) for fact in self._facts["facts"]))

    @property
    def dialect(self) -> str:
        """Name of the dialect that read the dependencies."""
        return self._facts["dialect"][0]

    @property
    def maker(self) -> str:
        """Version of nipsys that built this index."""
        return self._facts["maker"][0]

    @property
    def archs(self) -> tuple[str, ...]:
        """The machines the candidates are for, sorted."""
        return tuple(self._facts["archs"])

    @property
    def has_unreadable(self) -> bool:
        """Whether some dependency text could not be parsed."""
        return bool(self._facts["unreadable"])

    def all_texts(self, section: str) -> list[str]:
        """Return all texts of a section: ``name``, ``version``, ``text``, ``virtual``, ``provided``, ``mentioned``."""
        offsets: memoryview[int] = getattr(self, f"{section}_at")
        start, length = self.texts[section]
        count = len(offsets) - 1
        texts = str(self._view[start : start + length], "utf-8", "surrogatepass").split("\n")
        if len(texts) == count + 1:  # else some text contains a line end
            return texts[:count]
        return [self._text(section, offsets, number) for number in range(count)]

    def section_bytes(self, name: str, start: int, stop: int) -> memoryview:
        """Return the bytes from ``start`` to ``stop`` of a section of texts."""
        base = self.texts[name][0]
        return self._view[base + start : base + stop]

    def stamps(self) -> dict[bytes, int]:
        """Return the candidate of each stanza's stamp; for a duplicate, ``~`` its position in ``twin``."""
        others = bytes(self.section_bytes("twin_stamp", 0, len(self.twin) * STAMP_SIZE))
        found = {others[place * STAMP_SIZE : (place + 1) * STAMP_SIZE]: ~place for place in range(len(self.twin))}
        own = bytes(self.section_bytes("stamp", 0, self.size * STAMP_SIZE))
        found.update({own[place * STAMP_SIZE : (place + 1) * STAMP_SIZE]: place for place in range(self.size)})
        return found

    def row_bytes(self, start: int, stop: int) -> memoryview:
        """Return the bytes of the file from ``start`` to ``stop``, which hold detail rows."""
        return self._view[start:stop]

    def details_end(self) -> int:
        """Return the position of the end of the last detail row."""
        return self._buffer.find(b"\n", max(self.detail)) + 1

    @property
    def origins(self) -> tuple[str, ...]:
        """Names of the origins (suites) whose bits ``origin`` holds."""
        return tuple(self._facts["origins"])

    def find(self, name: str) -> int | None:
        """Return the number of a name, or ``None``."""
        return self._bisect("name", self.name_at, self.names, name)

    def candidates(self, name: str) -> range:
        """Return the candidates called ``name``, newest first."""
        number = self.find(name)
        return range(0) if number is None else range(self.first[number], self.first[number + 1])

    def providers(self, name: str) -> tuple[Provider, ...]:
        """Return the candidates that provide ``name``, preferred first; not those that have it as their own name."""
        number = self._bisect("virtual", self.virtual_at, len(self.virtual_at) - 1, name)
        if number is None:
            return ()
        places = range(self.provider_at[number], self.provider_at[number + 1])
        return tuple(Provider(self.provider[place], self._text("provided", self.provided_at, place)) for place in places)

    def name(self, candidate: int) -> str:
        """Return a candidate's name."""
        return self._text("name", self.name_at, self.owner[candidate])

    def name_of(self, number: int) -> str:
        """Return the name with this number."""
        return self._text("name", self.name_at, number)

    def popularity_of(self, number: int) -> int:
        """Return how many candidates depend on or recommend the name with this number."""
        return self.popular[number]

    def version(self, candidate: int) -> str:
        """Return a candidate's version."""
        return self._text("version", self.version_at, candidate)

    def text(self, clause: int) -> str:
        """Return the dependency text of a clause."""
        return self._text("text", self.text_at, clause)

    def summary(self, candidate: int) -> str:
        """Return a candidate's one-line description."""
        return self._text("summary", self.summary_at, candidate)

    def members(self, clause: int) -> Sequence[int]:
        """Return the candidates that satisfy a clause, preferred first."""
        return self.clause[self.clause_at[clause] : self.clause_at[clause + 1]].tolist()

    def depends(self, candidate: int) -> Sequence[int]:
        """Return the clauses a candidate depends on."""
        return self.need[self.need_at[candidate] : self.need_at[candidate + 1]].tolist()

    def recommends(self, candidate: int) -> Sequence[int]:
        """Return the clauses a candidate recommends."""
        return self.wish[self.wish_at[candidate] : self.wish_at[candidate + 1]].tolist()

    def conflicts(self, candidate: int) -> Sequence[int]:
        """Return the clauses whose members conflict with a candidate."""
        return self.refuse[self.refuse_at[candidate] : self.refuse_at[candidate + 1]].tolist()

    def origins_of(self, candidate: int) -> tuple[str, ...]:
        """Name the suites that offer a candidate."""
        mask = self.origin[candidate]
        return tuple(name for place, name in enumerate(self.origins) if mask >> min(place, 31) & 1)

    def alternatives(self, clause: int) -> tuple[FlagAlternative, ...] | None:
        """Return the alternatives of a clause that depends on variants; ``None`` for all others."""
        place = bisect_left(self.special, clause)
        if place == len(self.special) or self.special[place] != clause:
            return None
        rows = self._parse_json(self._text("alternatives", self.alternatives_at, place))
        return tuple([FlagAlternative(tuple([FlagRequest(flag, value) for flag, value in asked]), members) for asked, members in rows])

    def variants(self) -> list[tuple[int, str, list[str]]]:
        """Return every flag that some clause mentions: (number of the name, flag, its values)."""
        start, length = self.texts["variants"]
        return [(name, flag, values) for name, flag, values in self._parse_json(str(self._view[start : start + length], "utf-8"))]

    def flags(self, candidate: int) -> tuple[str, ...]:
        """Return the flags of a candidate, as in its record."""
        return self.offer(candidate)[1] if self.flagged else ()

    def is_essential(self, candidate: int) -> bool:
        """Return whether every closure of this world includes a candidate."""
        place = bisect_left(self.essential, candidate)
        return place < len(self.essential) and self.essential[place] == candidate

    def record(self, candidate: int) -> PackageRecord:
        """Return the record as the source gave it."""
        return self.bare_record(candidate)._replace(
            depends=tuple(map(self.text, self.depends(candidate))),
            recommends=tuple(map(self.text, self.recommends(candidate))),
            conflicts=tuple(map(self.text, self.conflicts(candidate))),
            summary=self.summary(candidate),
        )

    def offer(self, candidate: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Return a candidate's machine, its flags and the names it provides."""
        arch, _, _, _, _, flags, provides, _ = self._row(candidate)
        return arch, tuple(flags.split(ITEM)) if flags else (), tuple(provides.split(ITEM)) if provides else ()

    def artifact(self, candidate: int) -> Artifact:
        """Return what a lock records about a candidate's artifact, read straight from the file."""
        arch, location, size, digest, form, _, _, facts = self._row(candidate)
        return Artifact(arch, location, int(size), digest, form, dict(map(_pair, facts.split(ITEM))) if facts else {})

    def bare_record(self, candidate: int) -> PackageRecord:
        """Return a record without its dependencies and summary."""
        arch, location, size, digest, form, flags, provides, facts = self._row(candidate)
        return PackageRecord(
            name=self.name(candidate),
            version=self.version(candidate),
            arch=arch,
            provides=tuple(provides.split(ITEM)) if provides else (),
            location=location,
            size=int(size),
            digest=digest,
            format=form,
            essential=self.is_essential(candidate),
            flags=tuple(flags.split(ITEM)) if flags else (),
            facts=tuple(map(_pair, facts.split(ITEM))) if facts else (),
        )

    def _row(self, candidate: int) -> list[str]:
        """Return the fields of a candidate's detail row."""
        start = self.detail[candidate]
        end = self._buffer.find(b"\n", start)
        if end < 0:
            raise DamagedIndex("a detail row has no end")
        return str(self._view[start:end], "utf-8", "surrogatepass").split(FIELD)

    def all_names(self) -> Iterator[str]:
        """Return an iterator over all names, sorted."""
        start, length = self.texts["name"]
        return iter(bytes(self._view[start : start + length]).decode("utf-8", "surrogatepass").split("\n")[: self.names])

    def names_starting(self, prefix: str) -> range:
        """Return the numbers of the names that begin with ``prefix``."""
        low = self._lower_bound("name", self.name_at, self.names, prefix.encode())
        high = self._lower_bound("name", self.name_at, self.names, prefix.encode() + b"\xff") if prefix else self.names
        return range(low, high)

    def names_containing(self, part: str) -> tuple[int, ...]:
        """Return the numbers of the names that contain ``part``, ignoring case."""
        return tuple(self._scan("name", self.name_at, part))

    def names_described(self, part: str) -> tuple[int, ...]:
        """Return the numbers of the names with a version whose summary contains ``part``, ignoring case."""
        return tuple(dict.fromkeys(self.owner[candidate] for candidate in self._scan("summary", self.summary_at, part)))

    def search(self, part: str) -> tuple[int, ...]:
        """Return the numbers of matching names: the name itself, names that begin with it, that contain it, then by summary."""
        exact = self.find(part)
        found = [] if exact is None else [exact]
        return tuple(dict.fromkeys([*found, *self.names_starting(part), *self.names_containing(part), *self.names_described(part)]))

    def _scan(self, section: str, offsets: "memoryview[int]", part: str) -> Iterator[int]:
        import re  # noqa: PLC0415 - only searches need it
        from bisect import bisect_right  # noqa: PLC0415 - the same

        if not part:
            return
        start, length = self.texts[section]
        last = -1
        for hit in re.finditer(re.escape(part.encode()), self._view[start : start + length], re.IGNORECASE):
            number = bisect_right(offsets, hit.start()) - 1
            if number != last:
                last = number
                yield number

    def _parse_json(self, text: str) -> Any:  # noqa: ANN401 - what the writer wrote, in a shape its readers know
        """Parse a JSON value that has no white space around it; there are thousands, so nothing is skipped."""
        if self._decode is None:
            from json import JSONDecoder  # noqa: PLC0415 - only variants need it

            self._decode = JSONDecoder().raw_decode
        return self._decode(text)[0]

    def _text(self, section: str, offsets: "memoryview[int]", number: int) -> str:
        start = self.texts[section][0]
        return str(self._view[start + offsets[number] : start + offsets[number + 1] - 1], "utf-8", "surrogatepass")

    def _bisect(self, section: str, offsets: "memoryview[int]", count: int, name: str) -> int | None:
        wanted = name.encode()
        low = self._lower_bound(section, offsets, count, wanted)
        start = self.texts[section][0]
        if low < count and self._view[start + offsets[low] : start + offsets[low + 1] - 1] == wanted:
            return low
        return None

    def _lower_bound(self, section: str, offsets: "memoryview[int]", count: int, wanted: bytes) -> int:
        start, view = self.texts[section][0], self._view
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if bytes(view[start + offsets[middle] : start + offsets[middle + 1] - 1]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition(PAIR)
    return key, value
