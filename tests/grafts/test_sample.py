"""Fifteen of the programs, by view and with namespaces closed. The whole list: ``make grafts``."""

import pathlib
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from nipsys.effects.namespaces import probe

HERE = pathlib.Path(__file__).resolve().parent


def load(name: str) -> object:
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


bare, programs, prove = load("bare"), load("programs"), load("prove")
BY_NAME = {one.name: one for one in programs.FIRST}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if lacking := bare.missing():  # type: ignore[attr-defined]
        pytest.skip(f"no bare host without {lacking}: busybox-static, bash-static")
    if not (found := probe()).open:
        pytest.skip(f"a bare host needs namespaces: {found.step}: {found.reason}")
    return tmp_path_factory.mktemp("grafts")


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
@pytest.mark.parametrize("way", ["view", "closed"])
@pytest.mark.parametrize("name", programs.SAMPLE)  # type: ignore[attr-defined]
def test_it_works_on_a_host_with_nothing(name: str, way: str, base: pathlib.Path) -> None:
    program, closed = BY_NAME[name], way == "closed"
    installed, said = prove.install(program, base, closed=closed)  # type: ignore[attr-defined]
    assert installed, said
    done = prove.perform(program, base, closed=closed)  # type: ignore[attr-defined]
    assert done.returncode == 0, done.stdout
