"""The archive writer, against the tools that read archives."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.builder.sandbox.ar_writer import find_global_symbols, write_archive


@given(
    st.lists(
        st.tuples(st.text("abcdefghij._-", min_size=1, max_size=40).filter(lambda name: "/" not in name), st.binary(max_size=99)),
        max_size=8,
    )
)
def test_ar_reads_the_written_archive(members: list[tuple[str, bytes]]) -> None:
    body = write_archive(members)
    assert body == write_archive(list(members))
    assert len(body) % 2 == 0
    found = parse(body)
    assert found == members


def parse(body: bytes) -> list[tuple[str, bytes]]:
    """Read an archive as ar(5) describes it, independently of the writer."""
    assert body[:8] == b"!<arch>\n"
    at, names, found = 8, b"", []
    while at < len(body):
        header = body[at : at + 60]
        assert header[58:] == b"`\n"
        size = int(header[48:58])
        data = body[at + 60 : at + 60 + size]
        name = header[:16].rstrip()
        if name == b"//":
            names = data
        elif name != b"/":
            full = names[int(name[1:]) :].split(b"/\n")[0] if name.startswith(b"/") else name.removesuffix(b"/")
            found.append((full.decode(), data))
        at += 60 + size + size % 2
    return found


def test_the_linker_finds_weak_and_global_symbols(tmp_path: Path) -> None:
    objects = []
    sources = {"one": "int one(void){return 40;}", "weak": "__attribute__((weak)) int two(void){return 2;} static int hidden;"}
    for name, text in sources.items():
        (tmp_path / f"{name}.c").write_text(text)
        try:
            subprocess.run(["gcc", "-c", f"{name}.c", "-o", f"{name}.o"], cwd=tmp_path, check=True)
        except FileNotFoundError:
            pytest.skip("gcc is not installed")
        objects.append((f"{name}.o", (tmp_path / f"{name}.o").read_bytes()))
    assert [find_global_symbols(body) for _, body in objects] == [[b"one"], [b"two"]]
    (tmp_path / "libx.a").write_bytes(write_archive(objects))
    (tmp_path / "main.c").write_text("int one(void); int two(void); int main(void){return one() + two();}")
    subprocess.run(["gcc", "main.c", "-L.", "-lx", "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 42
    assert subprocess.run(["ar", "t", tmp_path / "libx.a"], capture_output=True, text=True, check=True).stdout == "one.o\nweak.o\n"


def test_other_content_has_no_symbols() -> None:
    assert find_global_symbols(b"") == []
    assert find_global_symbols(b"\x7fELF\x02\x01") == []
