"""Sums over synthetic build records."""

from nipsys.audit.closure import find_build_closure, find_runtime_closure, find_seed_path
from nipsys.audit.picture import draw_trust
from nipsys.audit.trust import Grafts, audit_build, audit_system
from nipsys.builder.output.provenance import BuildRecord, InputRecord, MaterialRecord, Witness
from nipsys.model.package.trust import Seed


def record(name: str, *inputs: InputRecord, materials: tuple[MaterialRecord, ...] = (), **more: object) -> BuildRecord:
    fields: dict[str, object] = {
        "key": f"blake3:{name}",
        "name": name,
        "version": "1",
        "passname": "",
        "label": f"{name} 1",
        "flags": (),
        "libc": "",
        "arch": "x86_64",
        "tree": f"blake3:{name:>02}tree",
        "directory": name,
        "size": 10,
        "files": 1,
        "recipe_bytes": 7,
        "materials": materials,
        "inputs": inputs,
        "exports": (),
        "generated": (),
        "references": (),
        "dynamic": (),
        "executed": 1,
    }
    return BuildRecord(**{**fields, **more})  # type: ignore[arg-type]


def needs(name: str, role: str = "tool") -> InputRecord:
    return InputRecord(name, role, f"/store/{name}", f"blake3:{name}", "")


def material(name: str, *, opaque: bool = False, size: int = 100) -> MaterialRecord:
    return MaterialRecord(name, "archive", opaque, name * 4, size, "why", 3, 60, 1, 20, 1, 10, 5)


SEED = record("seed", materials=(material("bin", opaque=True, size=1000),))
COMPILER = record("cc", needs("seed"), needs("cc"), materials=(material("cc-src"),), witnesses=(Witness("t", 1, 1, False, 1.0, "x"),) * 2)
LIBRARY = record("lib", needs("cc"), materials=(material("lib-src"),))
PROGRAM = record("app", needs("cc"), needs("lib", "runtime"), materials=(material("app-src"), material("lib-src")))
ALL = {one.key: one for one in (SEED, COMPILER, LIBRARY, PROGRAM)}


def test_build_and_runtime_closures_and_the_path_to_a_seed() -> None:
    assert [one.name for one in find_build_closure((PROGRAM,), ALL.get)] == ["app", "cc", "lib", "seed"]
    assert [one.name for one in find_runtime_closure(PROGRAM, ALL.get)] == ["app", "lib"]
    way = find_seed_path(PROGRAM, ALL.get)
    assert [step.split()[0] for step in way] == ["app", "tool", "tool", "seed"]
    assert find_seed_path(record("x"), ALL.get) == ()


def test_the_bytes_of_a_source_are_counted_once() -> None:
    value = audit_build(PROGRAM, ALL.get, (("kernel", "k"),)).to_dict()
    assert value["source_bytes"] == 3 * (60 - 20 - 10)
    assert value["binary_bytes_in_sources"] == 60
    assert value["generated_bytes"] == 30
    assert value["opaque_bytes"] == 1000
    assert value["runtime"] == {"packages": ["app 1", "lib 1"], "bytes": 20}
    assert value["patch_bytes"] == 15
    assert [witness["kind"] for witness in value["witnesses"]] == ["rebuild", "rebuild"]  # type: ignore[attr-defined]


def test_a_grafted_package_is_opaque_and_names_its_key() -> None:
    graft = Seed("debian/git", "aa", 500, "binary package", "debian", signed_by="Debian key")
    value = audit_system(("generation 3", "blake3:g"), (PROGRAM,), Grafts((graft,), 900), ALL.get, ()).to_dict()
    assert value["opaque_bytes"] == 1500
    assert value["runtime"] == {"packages": ["app 1", "lib 1", "debian/git"], "bytes": 920}
    assert value["seeds"][-1]["signed_by"] == "Debian key"  # type: ignore[index]


def test_equal_records_give_an_equal_drawing() -> None:
    trust = audit_build(PROGRAM, ALL.get, ())
    assert draw_trust(trust, (PROGRAM,), ALL.get) == draw_trust(trust, (PROGRAM,), dict(reversed(ALL.items())).get)
