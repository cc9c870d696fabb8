"""Every wrong profile under ``wrong/`` says exactly what is written there: the text users see is reviewed like code.

A case is a text of parts that begin with ``=== <file>``; the first file is the profile, the last part, ``=== says``, is what nipsys says.
``NIPSYS_GOLDEN=write`` writes that part again, to be reviewed before it is committed.
"""

import os
import re
from pathlib import Path

import pytest

from nipsys.cli.render.problems import format_problems
from nipsys.model.problem import Rejected
from nipsys.profile import read_profile
from nipsys.sources.kinds import KINDS

CASES = sorted((Path(__file__).parent / "wrong").glob("*.case"))


def parts(case: Path) -> dict[str, str]:
    pieces = re.split(r"(?m)^=== (\S+)\n", case.read_text(encoding="utf-8"))
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def said(files: dict[str, str]) -> str:
    def text_of(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path].encode()

    with pytest.raises(Rejected) as caught:
        read_profile(next(iter(files)), text_of, host="web-1", arch="x86_64", load_kinds=lambda: KINDS)
    assert caught.value.kind == "profile"
    assert all(problem.span and problem.hint for problem in caught.value.problems), "each says where and what to do"
    assert not any(problem.message.endswith(".") or "\n" in problem.message for problem in caught.value.problems), (
        "each is one line without a full stop"
    )
    return format_problems(caught.value.problems, colour=False)


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_a_wrong_profile_is_reported_as_written(case: Path) -> None:
    files = parts(case)
    expected = files.pop("says", "")
    found = said(files)
    if os.environ.get("NIPSYS_GOLDEN") == "write":
        case.write_text("".join(f"=== {name}\n{body}" for name, body in files.items()) + f"=== says\n{found}", encoding="utf-8")
    else:
        assert found == expected


def test_there_are_many_wrong_profiles() -> None:
    assert len(CASES) >= 40
