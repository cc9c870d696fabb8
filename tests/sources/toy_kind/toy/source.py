from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, digest_of
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.port import Page
from nipsys.sources.toy.dialect import ToyDialect
from nipsys.sources.toy.traits import TRAITS


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Toy":
    own = "".join(text for path, text in host.config_files if path.endswith("/.toys"))
    return Toy(spec, str(spec.get("mirror") or own.removeprefix("mirror ")))


class Toy(Frozen):
    spec: SourceSpec
    mirror: str

    complete = TRAITS.complete

    @property
    def dialect(self) -> ToyDialect:
        return ToyDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        return (Resource("toys", (f"{self.mirror}/{self.spec.get('channel')}",), 1 << 20),)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        text = body.read()
        rows = [line.split() for line in text.decode().splitlines()]
        records = tuple(
            PackageRecord(
                name,
                version,
                "x86_64",
                tuple(depends),
                location=f"{name}-{version}.tar",
                size=int(size),
                digest=digest,
                format="tar",
                summary=f"a toy called {name}",
            )
            for name, version, size, digest, *depends in rows
        )
        return Page(records, snapshot=Snapshot(self.spec.name, digest_of(text, "sha256"), "2026-11-01T00:00:00Z"))

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        return Resource(package.name, (f"{self.mirror}/{package.location}",), package.size, digest=package.digest)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        return UnpackSpec("tar")
