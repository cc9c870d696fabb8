"""The Python launcher's fallbacks, as in launch.c: relocated twins, proot, programs of another machine. Standard library only.

``nipsys.view.launcher.binary`` joins this file and ``launch.py`` into one script.
"""

# ruff: noqa: S108, S606 - the host's own /var/tmp is meant; a launcher must exec programs

import ctypes
import os
import sys

HOST_TOPS = {"home", "tmp", "dev", "proc", "sys", "run", "root", "mnt", "media"}
HIDDEN = {".host", ".root", ".run", ".share", ".relocated", ".nipsys", ".view", "boot", "lost+found"}
LIBC = ctypes.CDLL(None, use_errno=True)
MAGIC = {"aarch64": "\\xb7\\x00", "x86_64": "\\x3e\\x00"}
HEAD = "\\x7fELF\\x02\\x01\\x01" + "\\x00" * 9 + "\\x02\\x00"
MASK = "\\xff" * 7 + "\\x00" + "\\xff" * 8 + "\\xfe\\xff\\xff\\xff"


class RefusedByHost(Exception):  # noqa: N818 - names a state, as in "namespaces are closed"
    """A step that this host does not allow."""


class View:
    """The facts of a view, and paths: what both files need to start a program."""

    def __init__(self, view: str, program: str, argv: list[str]) -> None:
        self.view, self.program, self.argv = view, program, argv
        self.host = "/.host" if os.path.exists("/.host/.") and os.path.lexists("/.view") else ""
        self.facts: dict[str, list[str]] = {}
        if os.path.exists(f"{view}/.run/.view"):
            with open(f"{view}/.run/.view", encoding="utf-8") as file:
                for line in file:
                    key, _, value = line.rstrip("\n").partition(" ")
                    self.facts.setdefault(key, []).append(value)
        self.world, self.prefix, self.arch = (self.facts.get(key, [""])[0] for key in ("world", "prefix", "arch"))
        self.root = view.partition("/store/")[0]

    def find(self, name: str) -> str:
        """Return the path of a program on the host's PATH, or an empty string."""
        path = os.environ.get("NIPSYS_HOST_PATH", os.environ.get("PATH", "/usr/bin"))
        places = (f"{self.host}{directory}/{name}" for directory in path.split(":"))
        return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), "")

    def prepare_emulator(self, root: str) -> list[str]:
        """Register qemu for programs of another machine, so that those they start run as well.

        Where the kernel refuses, return the command that runs the first program only; otherwise return nothing to prepend.
        """
        qemu = self.find(f"qemu-{self.arch}-static")
        if not qemu:
            raise RefusedByHost("find qemu for another machine (install qemu-user-static)")
        place = f"{root}/proc/sys/fs/binfmt_misc"
        if LIBC.mount(b"binfmt_misc", os.fsencode(place), b"binfmt_misc", 0, None) == 0:
            try:
                with open(f"{place}/register", "w", encoding="utf-8") as file:
                    file.write(f":nipsys-{self.arch}:M::{HEAD}{MAGIC[self.arch]}:{MASK}:{qemu}:FP")
            except FileExistsError:
                return []
            except OSError as refused:
                LIBC.umount2(os.fsencode(place), 2)
                self.said = refused.strerror
            else:
                return []
        return [qemu if self.host else f"/.host{qemu}", "-0", self.argv[0], self.program]

    def run_relocated(self) -> None:
        """Exec the program of the relocated twin, if there is one."""
        twin = f"{self.root}/state/relocated/{os.path.basename(self.view)}"
        below = self.program.removeprefix(self.prefix) if self.prefix else self.program
        program = twin + below
        if not os.access(program, os.X_OK) or (self.prefix and not restore_prefix_link(twin)):
            return
        own = [os.path.dirname(program), *(f"{twin}/usr/{name}" for name in ("bin", "sbin", "games"))]
        os.environ["PATH"] = ":".join([*own, os.environ.get("PATH", "/bin:/usr/bin")])
        with open(program, "rb") as file:
            line = file.readline(256)
        words = line[2:].decode(errors="replace").split(None, 1) if line.startswith(b"#!") else []
        start, argv = program, [program if "/" in self.argv[0] else self.argv[0], *self.argv[1:]]
        if words and os.access(twin + words[0], os.X_OK):
            start, argv = twin + words[0], [words[0], *(word.strip() for word in words[1:]), program, *self.argv[1:]]
        if self.arch:  # with qemu: programs that it starts do not run
            start, argv = self.find(f"qemu-{self.arch}-static"), ["qemu", "-0", argv[0], start, *argv[1:]]
        if start:
            os.execv(start, argv)

    def run_under_proot(self) -> None:
        """Exec the program under proot, if that is installed: slow, and some programs fail under it."""
        proot, qemu = self.find("proot"), self.arch and self.find(f"qemu-{self.arch}-static")
        if not proot or (self.arch and not qemu):
            return
        words = ["proot", *(["-q", qemu] if qemu else [])]
        if self.prefix:
            words += ["-b", f"{self.view}:{self.prefix}"]
        else:
            tops = [name for name in os.listdir("/") if name not in HIDDEN | {"var"}]
            shown = [f"/{name}" for name in tops if name in HOST_TOPS or not os.path.exists(f"{self.view}/{name}")]
            shown += [f"{self.root}/state/{self.world}/var:/var", "/var/tmp", "/:/.host"]
            words += ["-r", self.view, *(word for one in shown for word in ("-b", one))]
            os.environ["PATH"] = ":".join(["/usr/sbin", "/usr/bin", "/usr/games", os.environ.get("PATH", "")]).rstrip(":")
        sys.stderr.write(f"nipsys: warning: `{self.program}` runs under proot, which is slow and not always correct: ")
        sys.stderr.write("`nipsys doctor` shows better ways\n")
        sys.stderr.flush()
        os.execv(proot, [*words, "-w", os.getcwd(), self.program, *self.argv[1:]])


def restore_prefix_link(twin: str) -> bool:
    """Restore the short link of a twin if it is missing; return whether it leads to the twin."""
    try:
        place = os.readlink(f"{twin}/.prefix")
        if not os.path.lexists(place):
            os.symlink(twin, place)
        target = os.readlink(place)
    except OSError:
        return False
    if target != twin:
        sys.stderr.write(f"nipsys: `{place}` leads to `{target}`, not to `{twin}`: remove it\n")
    return target == twin
