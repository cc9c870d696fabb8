"""How the bytes of an artifact become a tree: which reader of the store opens them, and with which choices."""

from nipsys.model.value import Frozen


class Container(Frozen):
    """A reader of the store with its choices."""

    format: str
    """``deb``, ``pacman``, ``apk``, ``nar``, ``wheel``, ``npm``, ``gpkg``, ``xpak``, ``pkgsrc``, ``tar``, ``zip``, or ``file`` for one
    program that is not packed at all."""
    strip: int = 0
    """Leading parts to take off every member's path."""
    skip: tuple[str, ...] = ()
    """Shell patterns of members left out, matched against the path as it stands in the archive."""
    prefix: str = ""
    """Directory inside the tree below which the members go (``usr``, ``usr/lib/node_modules/x``); for ``file`` the file's own path."""
    links: tuple[tuple[str, str], ...] = ()
    """(path in the tree, relative target) of links added beside the members: ``usr/bin/tool`` for a tool elsewhere in the archive."""
    settings: tuple[tuple[str, str], ...] = ()
    """What one format alone needs, by key: ``narhash`` ..."""
