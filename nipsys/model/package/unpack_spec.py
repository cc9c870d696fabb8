"""How an artifact is unpacked into a tree: which reader of the store opens it, and with which options."""

from nipsys.model.value import Frozen


class UnpackSpec(Frozen):
    """The format of an artifact and the options for unpacking it."""

    format: str
    """``deb``, ``pacman``, ``apk``, ``nar``, ``wheel``, ``npm``, ``gpkg``, ``xpak``, ``pkgsrc``, ``tar``, ``zip``, or ``file`` for a
    single program that is not in an archive."""
    strip: int = 0
    """Number of leading path components to remove from every member, as in ``tar --strip-components``."""
    skip: tuple[str, ...] = ()
    """Shell patterns of members to leave out, matched against the path in the archive."""
    prefix: str = ""
    """Directory inside the tree that the members go to (``usr``, ``usr/lib/node_modules/x``); for ``file``, the path of the file itself."""
    links: tuple[tuple[str, str], ...] = ()
    """(path in the tree, relative target) of links to add to the members: ``usr/bin/tool`` for a tool elsewhere in the archive."""
    settings: tuple[tuple[str, str], ...] = ()
    """Options of one format only, by key: ``narhash`` ..."""
