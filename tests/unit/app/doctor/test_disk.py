"""What ``doctor`` reports about the compiled library."""

from disk_ways import disk_library, way  # noqa: F401 - fixtures

from nipsys.app.doctor.examine import _check_disk


def test_doctor_reports_whether_the_compiled_library_is_used(way: str) -> None:  # noqa: F811
    found = _check_disk()
    assert (found.state, "Python" in found.told, bool(found.hint)) == (
        ("holds", False, False) if way == "compiled" else ("partly", True, True)
    )
