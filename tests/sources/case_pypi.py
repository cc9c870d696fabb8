"""A small index of Python packages."""

import json
from pathlib import Path

from conformance import Case
from registry_maker import metadata_of, project_page, wheel


def make(where: Path) -> Case:
    greet = dict([wheel("greet", version, {"greet.py": f"WORD = '{version}'\n"}) for version in ("1.0", "1.1", "2.0rc1")])
    hello = dict(
        [
            wheel(
                "hello",
                "1.0",
                {"hello.py": "def main():\n    print('hello')\n"},
                [
                    "Requires-Dist: greet (>=1.0,<2)",
                    'Requires-Dist: win; sys_platform == "win32"',
                    'Requires-Dist: greet; extra == "loud"',
                    "Provides-Extra: loud",
                ],
                scripts={"hello": "hello:main"},
            ),
        ],
    )
    files = {f"files/{name}": content for name, content in {**greet, **hello}.items()}
    files |= {f"files/{name}.metadata": metadata_of(content) for name, content in {**greet, **hello}.items()}
    files |= {
        "hello/index.html": project_page("hello", hello, "../files/", 17),
        "greet/index.html": project_page("greet", greet, "../files/", **{"upload-time": "2026-11-02T10:00:00.5Z"}),
    }
    strange = json.dumps({"meta": {"api-version": "2.0"}, "files": []}).encode()
    return Case(
        "pypi",
        files,
        lambda base: {"mirror": base, "python": "3.11"},
        frozenset({("hello", "1.0"), ("hello[loud]", "1.0"), ("greet", "1.0"), ("greet", "1.1")}),
        names=("hello[loud]", "greet<2"),
        other_names=("hello", "greet>=1"),
        sealed=False,
        older={
            "a lower number": {"hello/index.html": project_page("hello", hello, "../files/", 9)},
            "uploaded before": {
                "greet/index.html": project_page("greet", greet, "../files/", **{"upload-time": "2026-10-02T10:00:00Z"}),
            },
        },
        beyond={
            "unsigned": "nobody signs it, and every plan says so",
            "wrong key": "nobody signs it, and every plan says so",
            "dropped reference": "nobody signs it, and every plan says so",
            "swapped package": "its digest is in the index: test_hostile_artifacts",
        },
        refused={
            "no index": ({"hello/index.html": b"gone away"}, "bad-index"),
            "another version of the protocol": ({"hello/index.html": strange}, "bad-index"),
            "another package": (
                {
                    "hello/index.html": project_page(
                        "hello", {"hello-1.0-py3-none-any.whl": greet["greet-1.0-py3-none-any.whl"]}, "../files/x/"
                    ),
                    "files/x/hello-1.0-py3-none-any.whl.metadata": metadata_of(greet["greet-1.0-py3-none-any.whl"]),
                },
                "bad-index",
            ),
        },
    )
