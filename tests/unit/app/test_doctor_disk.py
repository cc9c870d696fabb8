"""What ``doctor`` says of the compiled library."""

from disk_ways import disk_library, way  # noqa: F401 - fixtures

from nipsys.app.doctor.examine import _disk


def test_doctor_tells_by_what_files_are_written(way: str) -> None:  # noqa: F811
    found = _disk()
    assert (found.state, "Python" in found.told, bool(found.hint)) == (
        ("holds", False, False) if way == "compiled" else ("partly", True, True)
    )
