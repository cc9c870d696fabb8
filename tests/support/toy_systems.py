"""Small systems, for the tests of generations."""

from nipsys.model.system.generation import FarmLink, System, WorldView


def system(*links: tuple[str, str], views: tuple[WorldView, ...] = ()) -> System:
    """Return a system of links (path in the generation, target) and views."""
    return System("p", "d", "l", "x86_64", links=tuple(FarmLink(*link) for link in links), views=views)


def numbered_system(number: int) -> System:
    """Return a system that differs from that of every other number."""
    return System("p", "d", f"l{number}", "x86_64", links=(FarmLink(f"Links/Shared/{number}", "../../../../store/a/x"),))
