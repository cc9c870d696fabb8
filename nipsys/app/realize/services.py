"""The profile's services as units of systemd's user manager: ``systemctl --user start NAME`` after ``nipsys env``.

The format is systemd.service(5). Units are in the generation below ``Links/Shared/systemd/user`` and start programs through
``System/Links``, so that a rollback includes the services.
"""

from collections.abc import Iterable

from nipsys.generation.links import GeneratedFile
from nipsys.model.system import Profile, ServiceSpec, Stub


def build_units(profile: Profile, stubs: Iterable[Stub], executables: str) -> tuple[GeneratedFile, ...]:
    """Return a unit for every service; ``executables`` is the absolute directory of the exposed programs."""
    names = frozenset(stub.name for stub in stubs)
    services = frozenset(service.name for service in profile.services)
    return tuple(
        GeneratedFile(unit_path(service.name), _unit_text(service, names, services, executables).encode(), executable=False)
        for service in profile.services
    )


def unit_path(name: str) -> str:
    """Return the path of a service's unit in a generation."""
    return f"Links/Shared/systemd/user/{name}.service"


def _unit_text(service: ServiceSpec, programs: frozenset[str], services: frozenset[str], executables: str) -> str:
    program, *words = service.words
    words.insert(0, f"{executables}/{program}" if program in programs else program)
    after = " ".join(f"{name}.service" if name in services else f"{name}.target" for name in service.after)
    lines = ["[Unit]", f"Description={service.name}, declared in the profile"]
    lines += [f"After={after}"] if after else []
    lines += ["", "[Service]", f"ExecStart={' '.join(_quoted(word) for word in words)}", f"Environment=PATH={executables}:/usr/bin:/bin"]
    return "\n".join([*lines, "Restart=on-failure", "", "[Install]", "WantedBy=default.target", ""])


def _quoted(word: str) -> str:
    """Quote one word of ExecStart, where ``%`` and ``$`` are special."""
    word = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$").replace('"', '\\"')
    return f'"{word}"' if not word or any(character in word for character in " \t;'") else word
