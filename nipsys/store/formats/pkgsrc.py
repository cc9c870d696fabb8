"""pkgsrc packages: a tar archive in any compression whose first member, ``+CONTENTS``, lists every file with its MD5 (pkg_create(1)).

Files are hashed while they are read, and compared with the list at the end.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.effects.disk import Buffer
from nipsys.model import Problem, Rejected, reject
from nipsys.model.package import UnpackSpec
from nipsys.sources.pkgsrc import PackingList, find_mismatches, parse_fields, read_contents
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed

_TEXTS = frozenset({"+CONTENTS", "+BUILD_INFO"})
_TEXT_LIMIT = 64 << 20


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the files below the prefix, and the ``+`` files at the top below ``.package/``.

    ``settings`` of the container: ``name`` (``hello-1.0nb2``) and ``prefix`` that the package must have; without them any archive is
    accepted.
    """
    if stream.read(8) == b"!<arch>\n":
        message = "the package is a signed `ar` archive, which is not supported"
        hint = "serve the package without the wrapper (`ar p package.tgz`), and sign the summary instead"
        raise reject("source", "unknown-format", message, hint=hint)
    stream.seek(0)
    read, meter = open_decompressed(stream.read, limits, pipeline=pipeline)
    texts: dict[str, str] = {}
    files: dict[str, str] = {}
    found: dict[str, str] = {}
    for member in tar.read_members(BoundedReader(read), limits, meter):
        path = member.path.removeprefix("./").rstrip("/")
        if path.startswith("+") and "/" not in path:
            text = _read_whole(member)
            if path in _TEXTS:
                texts[path] = text.decode("utf-8", "surrogateescape")
            yield member._replace(role="metadata", data=(text,))
        elif member.kind == "file":
            yield member._replace(data=_hash_data(member, path, files))
        else:
            if member.kind == "link":
                found[path] = member.target
            elif member.kind == "hard":
                files[path] = files.get(member.target.removeprefix("./"), "")
            yield member
    if container.settings:
        _check(texts, files, found, dict(container.settings))


def _read_whole(member: Member) -> bytes:
    if member.size > _TEXT_LIMIT:
        raise reject_damaged(f"`{member.path}` has {member.size} bytes")
    return b"".join(map(bytes, _parts(member)))


def _parts(member: Member) -> Iterator[Buffer]:
    yield from member.data


def _hash_data(member: Member, path: str, files: dict[str, str]) -> Iterator[Buffer]:
    digest = hashlib.md5(usedforsecurity=False)
    for part in member.data:
        digest.update(part)
        yield part
    files[path] = f"md5:{digest.hexdigest()}"


def _check(texts: dict[str, str], files: dict[str, str], found: dict[str, str], settings: dict[str, str]) -> None:
    if "+CONTENTS" not in texts:
        raise reject_damaged("the package has no `+CONTENTS`")
    try:
        contents = read_contents(texts["+CONTENTS"])
    except ValueError as fault:
        raise reject_damaged(f"the package's `+CONTENTS` is invalid: {fault}") from fault
    _check_identity(contents, settings)
    wrong = list(find_mismatches(contents, files, found))
    machine = parse_fields(texts.get("+BUILD_INFO", "")).get("OPSYS", ("Linux",))[0]
    if machine != "Linux":
        wrong.append(Problem("other-system", f"`{contents.name}` was built for {machine}"))
    if wrong:
        raise Rejected(wrong[:20], "source")


def _check_identity(contents: PackingList, settings: dict[str, str]) -> None:
    name, prefix = settings.get("name", contents.name), settings.get("prefix", contents.prefix)
    if contents.name != name:
        hint = "the mirror serves one package as another: try another mirror"
        raise reject("source", "wrong-package", f"the package is `{contents.name}`, not `{name}`", hint=hint)
    if contents.prefix != prefix:
        hint = f'set the prefix of the packages: `prefix="{contents.prefix}"`'
        raise reject("source", "wrong-prefix", f"`{name}` was built for `{contents.prefix}`, not for `{prefix}`", hint=hint)


READERS = {"pkgsrc": read_members}
