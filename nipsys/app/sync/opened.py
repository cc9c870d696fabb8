"""The sources of one profile: opened when they are first needed, and once, from facts of the host that are read once."""

from collections.abc import Mapping
from functools import cached_property

from nipsys.app.context import Context
from nipsys.effects.host import read_host_facts
from nipsys.model import HostFacts, Problem, Rejected
from nipsys.model.system import Profile
from nipsys.sources import Source, host_needs_of, open_source


class ProfileSources:
    """The sources of a profile. A lock that is up to date and whose trees are in the store never opens them."""

    def __init__(self, context: Context, profile: Profile) -> None:
        """Nothing is read or opened yet."""
        self.profile = profile
        self._context = context

    @cached_property
    def host(self) -> HostFacts:
        """What the sources need to know about this machine."""
        return read_host_facts(self.profile.arch, host_needs_of(spec.kind for spec in self.profile.sources))

    @cached_property
    def opened(self) -> tuple[Source, ...]:
        """Every source, in the order of the profile. Raise ``Rejected`` with the problems of all of them."""
        found: list[Source] = []
        problems: list[Problem] = []
        for spec in self.profile.sources:
            try:
                found.append(open_source(spec, self.host, self._context.clock.now()))
            except Rejected as error:
                problems += error.problems
        if problems:
            raise Rejected(problems, "profile")
        return tuple(found)

    @cached_property
    def by_name(self) -> Mapping[str, Source]:
        """Every source by its name in the profile and in the lock."""
        return {source.spec.name: source for source in self.opened}


def open_sources(context: Context, profile: Profile) -> tuple[Source, ...]:
    """Open every source of the profile. Raise ``Rejected`` with the problems of all of them."""
    return ProfileSources(context, profile).opened
