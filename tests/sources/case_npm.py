"""A small npm registry."""

from pathlib import Path

from conformance import Case
from registry_maker import npm_package, packument, tarball_name


def make(where: Path) -> Case:
    greet = [npm_package("@np/greet", version, {"index.js": f"module.exports='{version}'\n"}) for version in ("1.0.0", "1.2.0", "2.0.0")]
    hello = [
        npm_package(
            "hello",
            "1.0.0",
            {"cli.js": "#!/usr/bin/env node\nconsole.log('hello', require('@np/greet'))\n"},
            bin="./cli.js",
            dependencies={"@np/greet": "^1.0.0"},
            optionalDependencies={"hello-win": "1"},
            scripts={"postinstall": "exit 1"},
        ),
    ]
    files = {f"files/{tarball_name(manifest['name'], manifest['version'])}": content for manifest, content in (*greet, *hello)}
    files |= {
        "hello": packument(hello, "https://mirror.example/files/", modified="2026-11-02T00:00:00.123Z"),
        "@np%2Fgreet": packument(greet, "https://mirror.example/files/", modified="2026-11-02T00:00:00.123Z"),
    }
    files["@np/greet"] = files["@np%2Fgreet"]
    return Case(
        "npm",
        files,
        lambda base: {"mirror": base, "recommends": True},
        frozenset({("hello:1.0.0", "1.0.0"), ("@np/greet:1.2.0", "1.2.0"), ("@np/greet:1.0.0", "1.0.0")}),
        names=("hello", "@np/greet@^1.0.0"),
        other_names=("hello@1", "@np/greet@>=1"),
        sealed=False,
        older={
            "modified before": {"hello": packument(hello, "https://mirror.example/files/", modified="2026-11-01T00:00:00.123Z")},
            "modified before, however it is asked": {
                "@np%2Fgreet": packument(greet, "https://mirror.example/files/", modified="2026-10-01T00:00:00.123Z"),
                "@np/greet": packument(greet, "https://mirror.example/files/", modified="2026-10-01T00:00:00.123Z"),
            },
        },
        beyond={
            "unsigned": "nobody signs it, and every plan says so",
            "wrong key": "nobody signs it, and every plan says so",
            "dropped reference": "nobody signs it, and every plan says so",
            "swapped package": "its digest is in the index: test_hostile_artifacts",
        },
        refused={
            "no packument": ({"hello": b"<html>"}, "bad-index"),
            "another package": ({"hello": packument(greet, "https://mirror.example/files/")}, "bad-index"),
        },
        sizes=False,
    )
