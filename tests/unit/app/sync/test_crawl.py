"""Which names are looked up in sources that are queried by name, and when the crawl ends."""

from pathlib import Path

import pytest
from registry_maker import npm_package, packument

from nipsys.app.context import Context
from nipsys.app.sync.crawl import crawl_sources, questions_of
from nipsys.app.sync.worlds import open_worlds
from nipsys.effects.clock import FixedClock
from nipsys.effects.web.fake import MemoryTransport
from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.event import ignore_event
from nipsys.model.host import HostFacts
from nipsys.model.layout import Layout
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.profile import parse_range
from nipsys.sources.kinds import open_source

NOW = "2026-11-20T08:00:00Z"
BASE = "https://registry.example"


def profile(*requests: Request, aliases: tuple[tuple[str, str, str], ...] = ()) -> Profile:
    return Profile("p", "x86_64", requests=requests, aliases=aliases)


@pytest.mark.parametrize(
    ("request_", "aliases", "expect"),
    [
        (Request("a"), (), ()),
        (Request("a", source="debian"), (), ()),
        (Request("a", source="npm"), (), ("a",)),
        (Request("a", parse_range("^1.2"), source="web"), (), ("a ^1.2",)),
        (Request("a", parse_range(">= 1, < 2"), source="web"), (), ("a >=1 <2",)),
        (Request("a", parse_range("1.0.0"), source="npm"), (), ("a =1.0.0",)),
        (Request("a", source="npm", pin="=1.5.0"), (), ("a =1.5.0",)),
        (Request("a", source="npm", pin="npm"), (), ("a",)),
        (Request("a"), (("a", "web", "@s/a"),), ("@s/a",)),
        (Request("a", source="npm"), (("a", "npm", "@s/a"),), ("@s/a",)),
        (Request("a", source="debian"), (("a", "npm", "@s/a"),), ()),
    ],
)
def test_only_names_taken_from_a_source_are_looked_up_there(
    request_: Request, aliases: tuple[tuple[str, str, str], ...], expect: tuple[str, ...]
) -> None:
    source = open_source(SourceSpec("web", "npm", settings=(("mirror", BASE),)), HostFacts(), NOW)
    assert questions_of(profile(request_, aliases=aliases), source) == expect
    assert all(source.ask((question,)) for question in expect)


def test_the_crawl_ends_when_everything_reachable_is_known(tmp_path: Path) -> None:
    packages = {
        "a": npm_package("a", "1.0.0", {}, dependencies={"b": "^1", "gone": "1"}),
        "b": npm_package("b", "1.1.0", {}, dependencies={"a": "*"}, optionalDependencies={"c": "1"}),
        "c": npm_package("c", "1.0.0", {}),
        "d": npm_package("d", "1.0.0", {}),
    }
    answers = {f"{BASE}/{name}": packument([package], f"{BASE}/-/") for name, package in packages.items()}

    transport = MemoryTransport(answers)
    site = Context(Layout(str(tmp_path)), Fetcher(transport), FixedClock(), ignore_event, str(tmp_path))
    source = open_source(SourceSpec("npm", "npm", settings=(("mirror", BASE),)), HostFacts(), NOW)
    crawl_sources(site, profile(Request("a", source="npm")), [source])
    (world,) = open_worlds(site, [source], refresh=False)
    assert [name for name in ("a:1.0.0", "b:1.1.0", "c:1.0.0", "d:1.0.0") if world.index.candidates(name)] == [
        "a:1.0.0",
        "b:1.1.0",
        "c:1.0.0",
    ]
    assert sorted({asked.url for asked in transport.requests}) == [f"{BASE}/{name}" for name in ("a", "b", "c", "gone")]
