"""A mirror that lies about packages, for every kind of source: each lie is refused by name, and nothing of it is kept as a download."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import BASE, Bench

from nipsys.effects.web.fake import CannedResponse
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
from nipsys.model.value import replace

CODES = {
    "swapped": {"wrong-digest", "wrong-size", "too-large", "truncated", "bad-signature"},
    "longer": {"wrong-digest", "wrong-size", "too-large", "bad-signature"},
    "truncated": {"truncated"},
    "endless": {"too-large", "wrong-size"},
    "circle": {"redirect-loop"},
    "drip": {"too-slow"},
    "gone": {"not-found"},
    "busy": {"bad-answer"},
    "silent": {"unreachable"},
}


def first_artifact(bench: Bench) -> Resource:
    """Return the largest package: a drip of a few bytes would be over before anybody could call it slow."""
    source = bench.case.open()
    _, records = bench.sync(source)
    return max((source.artifact(record) for record in records), key=lambda resource: len(bench.answers.get(resource.urls[0], b"")))


def lie(kind: str, body: bytes, url: str, bench: Bench) -> CannedResponse:
    """Make what the mirror answers instead of ``body``."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * (1 << 20)

    def drip() -> Iterator[bytes]:
        for place in range(len(body)):
            bench.pace.sleep(7)
            yield body[place : place + 1]

    answers = {
        "swapped": CannedResponse(b"another package" * 9),
        "longer": CannedResponse(body + b"!"),
        "truncated": CannedResponse(body[:-1], headers={"content-length": str(len(body))}),
        "endless": CannedResponse(endless),
        "circle": CannedResponse(status=301, headers={"location": url}),
        "drip": CannedResponse(drip),
        "gone": CannedResponse(status=404),
        "busy": CannedResponse(status=503),
        "silent": CannedResponse(status=0),
    }
    return answers[kind]


@pytest.mark.parametrize("kind", list(CODES))
def test_a_lie_about_a_package_is_refused(bench: Bench, tmp_path: Path, kind: str) -> None:
    wanted = first_artifact(bench)
    if kind in {"swapped", "longer"} and not (wanted.digest or wanted.signature_policy or wanted.size):
        pytest.skip(f"{bench.case.kind} knows neither digest nor size before the first fetch")
    if wanted.limit > 1 << 24:  # a size that nobody told: the bound is a generous one, and holds as a smaller one does
        wanted = replace(wanted, limit=1 << 24)
    for url in wanted.urls:
        body = bench.answers.get(url)
        if isinstance(body, bytes):
            bench.answers[url] = lie(kind, body, url, bench)
    with pytest.raises(Rejected) as refused:
        list(bench.web().fetch([wanted], str(tmp_path / "downloads")))
    (problem,) = refused.value.problems
    assert problem.code in CODES[kind], problem
    assert BASE in problem.message
    kept = os.listdir(tmp_path / "downloads")
    assert all(name.endswith(".part") for name in kept), kept


def test_the_honest_mirror_makes_good_what_the_liar_did(bench: Bench, tmp_path: Path) -> None:
    """A part left by a liar does not spoil what an honest mirror gives later."""
    wanted = first_artifact(bench)
    if not wanted.digest:
        pytest.skip(f"an index of {bench.case.kind} has no digests")
    honest = dict(bench.answers)
    for url in wanted.urls:
        body = bench.answers.get(url)
        if isinstance(body, bytes):
            bench.answers[url] = CannedResponse(b"?" * (len(body) // 2), headers={"content-length": str(len(body))})
    with pytest.raises(Rejected):
        list(bench.web().fetch([wanted], str(tmp_path / "downloads")))
    bench.answers = honest
    (found,) = bench.web().fetch([wanted], str(tmp_path / "downloads"))
    assert found.path
    assert not [name for name in os.listdir(tmp_path / "downloads") if name.endswith(".part")]
