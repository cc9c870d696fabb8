"""A Packages list becomes records."""

import io

import pytest

from nipsys.model.package.record import PackageRecord
from nipsys.sources.debian.packages import PackageList, split_stanzas

STANZA = f"""Package: thing
Source: thing-src (1.0-1)
Version: 1:1.0-1+b1
Architecture: amd64
Essential: yes
Pre-Depends: libc6 (>= 2.36)
Depends: a | b (<< 2),
 c:any,
 d [amd64]
Recommends: e
Provides: f (= 1), g
Conflicts: h
Breaks: i (<= 3)
Filename: ./pool/t/thing.deb
Size: 123
SHA256: {"a" * 64}
Section: utils
Homepage: https://thing.example
Description: does things: well
 and more
 Package: not-this-one
"""


def records(text: str, arch: str = "amd64") -> list[PackageRecord]:
    return list(PackageList(io.BytesIO(text.encode()), arch, "test"))


def test_a_stanza_becomes_a_record() -> None:
    (record,) = records(STANZA)
    assert (record.name, record.version, record.arch) == ("thing", "1:1.0-1+b1", "amd64")
    assert record.depends == ("libc6 (>= 2.36)", "a | b (<< 2)", "c:any", "d [amd64]")
    assert (record.recommends, record.provides, record.conflicts) == (("e",), ("f (= 1)", "g"), ("h", "i (<= 3)"))
    assert (record.location, record.size, record.digest) == ("pool/t/thing.deb", 123, "sha256:" + "a" * 64)
    assert record.essential
    assert record.summary == "does things: well"
    assert dict(record.facts) == {
        "homepage": "https://thing.example",
        "section": "utils",
        "source": "thing-src (1.0-1)",
        "suite": "test",
    }


def test_packages_of_other_machines_are_left_out() -> None:
    everywhere = STANZA.replace("Architecture: amd64", "Architecture: all")
    assert records(everywhere)[0].arch == ""
    assert records(STANZA, "arm64") == []
    assert len(records(everywhere, "arm64")) == 1


@pytest.mark.parametrize("field", ["Version", "Size", "SHA256", "Filename"])
def test_a_stanza_without_a_required_field_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="thing"):
        records("\n".join(line for line in STANZA.splitlines() if not line.startswith(field)))


def test_a_stanza_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without `Package`"):
        records("Version: 1\n")


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, so that stanzas fall across every border."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7)


def test_stanzas_may_cross_the_borders_of_blocks() -> None:
    text = "\n\n".join([STANZA.strip()] * 5).encode() + b"\n\n\n"
    assert [stanza.strip() for stanza in split_stanzas(Trickle(text)) if stanza.strip()] == [STANZA.strip().encode()] * 5


@pytest.mark.parametrize("kind", [io.BytesIO, Trickle])
def test_lines_that_end_with_cr_lf_are_read_as_others(kind: type[io.BytesIO]) -> None:
    text = "\n\n".join([STANZA.strip()] * 5).encode() + b"\n"
    assert list(split_stanzas(kind(text.replace(b"\n", b"\r\n")))) == list(split_stanzas(io.BytesIO(text)))


def test_a_stanza_that_does_not_end_is_refused() -> None:
    with pytest.raises(ValueError, match="4 MiB"):
        list(split_stanzas(io.BytesIO(b"Package: x\n" + b" y\n" * (2 << 20))))
