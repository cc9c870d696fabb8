"""Packages of Python, npm, pkgsrc and Gentoo written by their formats' descriptions, and the pages that list them."""

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_WHEN = (2026, 1, 2, 3, 4, 6)


def wheel(
    name: str,
    version: str,
    files: Mapping[str, str],
    headers: Sequence[str] = (),
    *,
    scripts: Mapping[str, str] | None = None,
    tag: str = "py3-none-any",
    spoil: Mapping[str, bytes] | None = None,
) -> tuple[str, bytes]:
    """Return (file name, bytes) of a wheel; ``spoil`` replaces or adds members after RECORD was written."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    members = {path: text.encode() for path, text in files.items()}
    members[f"{info}/METADATA"] = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers, "", ""]).encode()
    members[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    if scripts:
        members[f"{info}/entry_points.txt"] = (
            "[console_scripts]\n" + "".join(f"{key} = {value}\n" for key, value in scripts.items())
        ).encode()
    rows = [f"{path},sha256={_record(content)},{len(content)}" for path, content in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    members |= spoil or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(zipfile.ZipInfo(path, _WHEN), content)
    return f"{plain}-{version}-{tag}.whl", out.getvalue()


def _record(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def metadata_of(content: bytes) -> bytes:
    """Return the METADATA of a wheel."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))


def project_page(name: str, wheels: Mapping[str, bytes], base: str, serial: int = 0, **more: Any) -> bytes:
    """Write a page of PEP 691 for files that stand below ``base``, with the number PyPI gives to every change."""
    files = [
        {
            "filename": file,
            "url": f"{base}{file}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "size": len(content),
            "core-metadata": {"sha256": hashlib.sha256(metadata_of(content)).hexdigest()} if file.endswith(".whl") else False,
            **more,
        }
        for file, content in sorted(wheels.items())
    ]
    meta = {"api-version": "1.1", **({"_last-serial": serial} if serial else {})}
    return json.dumps({"meta": meta, "name": name, "files": files}).encode()


def tarball(members: Mapping[str, bytes | str], top: str = "package/", executable: Sequence[str] = ()) -> bytes:
    """Return a gzipped tar archive; text that begins with ``-> `` is a symbolic link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in members.items():
            info = tarfile.TarInfo(top + path)
            info.mtime = 499162500
            if isinstance(content, str) and content.startswith("-> "):
                info.type, info.linkname = tarfile.SYMTYPE, content[3:]
                archive.addfile(info)
                continue
            data = content.encode() if isinstance(content, str) else content
            info.size, info.mode = len(data), 0o755 if path in executable else 0o644
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def npm_package(name: str, version: str, files: Mapping[str, str], **fields: Any) -> tuple[dict[str, Any], bytes]:
    """Return (package.json, tarball)."""
    manifest = {"name": name, "version": version, **fields}
    return manifest, tarball({"package.json": json.dumps(manifest), **files})


def packument(
    packages: Sequence[tuple[dict[str, Any], bytes]],
    base: str,
    tags: Mapping[str, str] | None = None,
    times: Mapping[str, str] | None = None,
    modified: str = "",
    *,
    sign: Callable[[str], Sequence[Mapping[str, str]]] | None = None,
) -> bytes:
    """Write a packument whose tarballs stand below ``base``, every version signed where somebody signs."""
    name = packages[0][0]["name"]
    versions = {}
    for manifest, content in packages:
        place = f"{base}{tarball_name(name, manifest['version'])}"
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
        versions[manifest["version"]] = {
            **manifest,
            "dist": {"tarball": place, "integrity": integrity, "shasum": hashlib.sha1(content).hexdigest()},
        }
        if sign:
            versions[manifest["version"]]["dist"]["signatures"] = list(sign(f"{name}@{manifest['version']}:{integrity}"))
    value: dict[str, Any] = {"name": name, "dist-tags": dict(tags or {"latest": packages[-1][0]["version"]}), "versions": versions}
    if modified:
        value["modified"] = modified
    if times:
        value["time"] = dict(times)
    return json.dumps(value).encode()


def tarball_name(name: str, version: str) -> str:
    """Return the name of a tarball below the registry."""
    return f"{name.replace('@', '').replace('/', '-')}-{version}.tgz"


def pkgsrc_package(
    name: str, files: Mapping[str, str], needs: Sequence[str] = (), prefix: str = "/usr/pkg", spoil: Mapping[str, str] | None = None
) -> bytes:
    """Return a binary package; files under ``bin/`` are executable, text that begins with ``-> `` is a link; ``spoil`` changes members after listing."""
    lines = ["@comment PKGTOOLS version 20091115", f"@name {name}", *(f"@pkgdep {need}" for need in needs), f"@cwd {prefix}"]
    for path, text in files.items():
        mark = f"Symlink:{text[3:]}" if text.startswith("-> ") else "MD5:" + hashlib.md5(text.encode()).hexdigest()
        lines += [path, f"@comment {mark}"]
    members = {
        "+CONTENTS": "\n".join(lines) + "\n",
        "+COMMENT": "Says something\n",
        "+DESC": "Says something.\n",
        "+BUILD_INFO": f"OPSYS=Linux\nMACHINE_ARCH=x86_64\nLOCALBASE={prefix}\n",
        **files,
        **(spoil or {}),
    }
    return tarball(members, "", [path for path in members if path.startswith("bin/")])


def summary(packages: Mapping[str, Sequence[str]], more: str = "") -> bytes:
    """Write a gzipped pkg_summary: package to its needs."""
    blocks = [
        "\n".join(
            [
                f"PKGNAME={name}",
                f"PKGPATH=greetings/{name.rpartition('-')[0]}",
                *(f"DEPENDS={need}" for need in needs),
                "COMMENT=Says something",
                "MACHINE_ARCH=x86_64",
                "OPSYS=Linux",
                more,
            ]
        ).strip()
        for name, needs in packages.items()
    ]
    return gzip.compress("\n\n".join([*blocks, ""]).encode(), mtime=0)


def gpkg(
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    metadata: Mapping[str, str] | None = None,
    *,
    spoil: Mapping[str, bytes] | None = None,
    sign: Callable[[str], bytes] | None = None,
) -> bytes:
    """Return a GPKG (GLEP 78); files under ``usr/bin/`` are executable; ``spoil`` changes parts after the Manifest was written."""
    category, plain = name.split("/")
    texts = {"CATEGORY": category, "PF": f"{plain}-{version}", "USE": "amd64", **(metadata or {})}
    parts = {
        "gpkg-1": b"",
        "metadata.tar.gz": tarball({key: f"{value}\n" for key, value in texts.items()}, "metadata/"),
        "image.tar.gz": tarball(files, "image/", [path for path in files if "bin/" in path]),
    }
    lines = [
        f"DATA {part} {len(data)} BLAKE2B {hashlib.blake2b(data).hexdigest()} SHA512 {hashlib.sha512(data).hexdigest()}"
        for part, data in parts.items()
    ]
    text = "\n".join(lines) + "\n"
    parts["Manifest"] = sign(text) if sign else text.encode()
    parts |= spoil or {}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for part, data in parts.items():
            info = tarfile.TarInfo(f"{plain}-{version}/{part}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def binary_index(blocks: Sequence[Mapping[str, str]], timestamp: int = 1763500000) -> bytes:
    """Write a ``Packages`` index."""
    head = f"ARCH: amd64\nCHOST: x86_64-pc-linux-gnu\nPACKAGES: {len(blocks)}\nTIMESTAMP: {timestamp}\nVERSION: 0\n"
    return "\n".join([head, *("".join(f"{key}: {value}\n" for key, value in block.items()) for block in blocks)]).encode()


def listed(cpv: str, content: bytes, **fields: str) -> dict[str, str]:
    """Return a block of the index for a package."""
    category, plain = cpv.split("/")
    return {
        "CPV": cpv,
        "PATH": f"{category}/{plain}.gpkg.tar",
        "SIZE": str(len(content)),
        "SHA1": hashlib.sha1(content).hexdigest(),
        **fields,
    }
