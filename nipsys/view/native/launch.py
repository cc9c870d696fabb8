"""The launcher where no C compiler is available: does what launch.c does, more slowly. Standard library only.

When it is started inside a view, to run another view or a program of the host, it runs with the host's interpreter, loader and
libraries below /.host: the preamble that ``nipsys.view.launcher.binary`` writes ensures that.
"""

# ruff: noqa: S108, S606 - the paths are those of a new root; a launcher must exec programs

import ctypes
import fcntl
import os
import socket
import stat
import struct
import sys
import warnings  # noqa: F401 - os.execvp imports it, when the host's modules are no longer reachable

from nipsys.view.native.launch_closed import HIDDEN, HOST_TOPS, LIBC, RefusedByHost, View

NEWNS, NEWUSER, NEWNET = 0x00020000, 0x10000000, 0x40000000
RDONLY, NOSUID, NODEV, REMOUNT, BIND, REC, SLAVE, DETACH = 1, 2, 4, 32, 0x1000, 0x4000, 1 << 19, 2
PRIVATE_TOPS = {"home", "root", "tmp", "run", "mnt", "media"}
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
)  # fmt: skip
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games"


def check_result(result: int, step: str) -> None:
    """Raise ``RefusedByHost`` when a call of the C library failed, naming the step."""
    if result != 0:
        raise RefusedByHost(f"{step}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> int:
    """Mount a file system; return 0 on success."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    return int(LIBC.mount(*words, ctypes.c_ulong(flags), None if options is None else options.encode()))


def write(path: str, text: str) -> None:
    """Write to a file of /proc."""
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def make_read_only(path: str) -> None:
    """Make a bind mount read-only, keeping the flags that must not be cleared."""
    kept = os.statvfs(path).f_flag & (NOSUID | NODEV | 8 | 1024 | 2048)
    check_result(mount("none", path, None, REMOUNT | BIND | RDONLY | kept), f"protect {path}")


def show(source: str, root: str, name: str, deep: int = 0) -> None:
    """Show ``source`` as ``name`` in the new root: a link is copied, a file or directory bound."""
    target = f"{root}/{name}"
    try:
        facts = os.lstat(source)
    except OSError:
        return
    if stat.S_ISLNK(facts.st_mode):
        if not os.path.lexists(target):
            os.symlink(os.readlink(source), target)
        return
    if stat.S_ISDIR(facts.st_mode):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.close(os.open(target, os.O_CREAT | os.O_RDONLY, 0o644))
    if mount(source, target, None, BIND | deep) and ctypes.get_errno() not in {13, 2, 22}:
        raise RefusedByHost(f"{source}: {os.strerror(ctypes.get_errno())}")


class Launch(View):
    """The start of one program."""

    def __init__(self, view: str, program: str, argv: list[str], options: set[str], writable: list[str]) -> None:
        super().__init__(view, program, argv)
        self.writable = [path for path in writable if not path.startswith("overlay:")]
        self.overlay = next((path[8:] for path in writable if path.startswith("overlay:")), "")
        self.contain, self.build, self.root_id = "--contain" in options, "--build" in options, "--root-id" in options
        self.loopback = self.contain or "--no-network" in options
        self.words: list[str] = []

    def start(self) -> None:
        """Enter the root and exec the program."""
        where, here, user, group = os.getcwd(), os.stat("."), os.geteuid(), os.getegid()
        try:
            self.enter()
            root = f"{self.view}/.root"
            check_result(mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "mode=755,size=1m"), "mount a root")
            self.fill(root)
            self.words = self.prepare_emulator(root) if self.arch else []
            self.pivot(root)
            if self.arch and user and not self.root_id:
                check_result(LIBC.unshare(NEWUSER), "map back to the user's id")
                map_ids((user, 0), (group, 0))
        except (RefusedByHost, OSError) as refused:
            if not self.contain:
                self.run_relocated()
            if not self.loopback and not self.build:
                self.run_under_proot()
            sys.stderr.write(f"nipsys: cannot enter the root of `{self.program}`: {refused}\n")
            sys.stderr.write("  hint: `nipsys doctor` shows what this host allows\n")
            sys.exit(125)
        return_to(where, here, contained=self.contain)
        if not self.build:
            self.set_path()
        if self.contain:
            restrict_to_own_processes()
        try:
            os.execv(self.words[0] if self.words else self.program, [*self.words, *self.argv[1:]] if self.words else self.argv)
        except OSError as error:
            sys.stderr.write(f"nipsys: `{self.program}`: {error.strerror}\n")
            sys.exit(127 if error.errno == 2 else 126)

    def enter(self) -> None:
        """Create the namespaces, unless relocated programs are requested."""
        if os.environ.get("NIPSYS_NAMESPACES") == "off" or self.program in self.facts.get("relocate", ()):
            raise RefusedByHost("NIPSYS_NAMESPACES is off")
        if is_refused_later():
            raise RefusedByHost("create namespaces: this host allows creating them but not using them")
        # binfmt_misc belongs to the namespace's root
        enter_namespaces(NEWNET if self.loopback else 0, root_id=self.root_id or bool(self.arch), own=bool(self.arch))
        if self.loopback:
            with socket.socket() as file:
                fcntl.ioctl(file, 0x8914, struct.pack("16sH14x", b"lo", 0x41))

    def fill(self, root: str) -> None:
        """Fill the new root."""
        if not self.prefix:
            self.fill_view(root)
        if self.contain:
            self.fill_private(root)
        self.fill_host(root)
        if self.prefix:
            target = f"{root}{self.prefix}"
            os.makedirs(target, exist_ok=True)
            check_result(mount(self.view, target, None, BIND), "bind the prefix")
            make_read_only(target)
        else:
            self.fill_live(root)
        os.symlink(self.view, f"{root}/.view")

    def fill_view(self, root: str) -> None:
        """Show the view's directories, then the writable ones."""
        for name in os.listdir(self.view):
            if name in HIDDEN | HOST_TOPS or (name == "var" and not self.build):
                continue
            if self.overlay and name in {"usr", "etc", "var"}:
                os.mkdir(f"{root}/{name}")
                upper = f"lowerdir={self.view}/{name},upperdir={self.overlay}/upper/{name},workdir={self.overlay}/work/{name},userxattr"
                check_result(mount("overlay", f"{root}/{name}", "overlay", 0, upper), "mount an overlay on the view")
                continue
            if name == "etc" and self.has_own_etc():
                show(f"{self.root}/state/{self.world}/etc", root, name)
                continue
            show(f"{self.view}/{name}", root, name)
            if os.path.isdir(f"{root}/{name}") and not os.path.islink(f"{root}/{name}"):
                make_read_only(f"{root}/{name}")
        for path in self.writable:
            check_result(mount(f"{self.view}/{path}", f"{root}/{path}", None, BIND), path)
        if self.build:
            return
        state = f"{self.root}/state/{self.world}"
        show(f"{state}/var" if os.path.isdir(f"{state}/var") else f"{self.view}/var", root, "var")
        for path in self.facts.get("over", ()):
            if mount(f"{self.view}/{path}", f"{root}/{path}", None, BIND) == 0:
                make_read_only(f"{root}/{path}")
        if os.access(f"{self.host}/var/tmp", os.W_OK) and not self.contain:
            mount(f"{self.host}/var/tmp", f"{root}/var/tmp", None, BIND | REC)
        if os.geteuid() == 0 and not self.contain:
            return
        os.makedirs(f"{root}/run", exist_ok=True)
        if os.access(f"{state}/run", os.W_OK):
            check_result(mount(f"{state}/run", f"{root}/run", None, BIND), "bind the state")

    def has_own_etc(self) -> bool:
        """Return whether the world's writable /etc was merged for this view."""
        try:
            return not self.build and os.readlink(f"{self.root}/state/{self.world}/.etc-of") == os.path.basename(self.view)
        except OSError:
            return False

    def fill_private(self, root: str) -> None:
        """Show a contained program an empty home directory and /tmp."""
        for name in ("home", "root", "tmp", "mnt", "media"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
        check_result(mount("tmpfs", f"{root}/tmp", "tmpfs", NOSUID | NODEV, "mode=1777"), "mount /tmp")
        home = os.environ.get("HOME", "")
        if home.startswith("/") and home != "/":
            os.makedirs(root + home, exist_ok=True)
            mount("tmpfs", root + home, "tmpfs", NOSUID | NODEV, "mode=700")

    def fill_host(self, root: str) -> None:
        """Show the host's other top directories, and those below the top directory of the prefix."""
        first = self.prefix.split("/")[1] if self.prefix else ""
        for name in os.listdir(self.host or "/"):
            hidden = name in HIDDEN or (not self.prefix and (name == "var" or (name == "run" and os.geteuid() != 0)))
            private = self.contain and (name in PRIVATE_TOPS or (not self.prefix and name not in HOST_TOPS))
            if hidden or private or os.path.lexists(f"{root}/{name}"):
                continue
            if name == first:
                self.open_prefix(root, first)
            else:
                show(f"{self.host}/{name}", root, name, REC)

    def open_prefix(self, root: str, top: str) -> None:
        """Rebuild a top directory one level down, so that both the prefix and the host's entries are visible."""
        rest = self.prefix.split("/")[2:]
        while True:
            os.makedirs(f"{root}/{top}", exist_ok=True)
            if not rest or not os.path.isdir(f"{self.host}/{top}"):
                return
            for name in os.listdir(f"{self.host}/{top}"):
                if name != rest[0]:
                    show(f"{self.host}/{top}/{name}", root, f"{top}/{name}", REC)
            top = f"{top}/{rest.pop(0)}"

    def fill_live(self, root: str) -> None:
        """Bind the host's certificates and time zone over the view's."""
        found = next((path for path in BUNDLES if os.path.isfile(self.host + path) and os.path.getsize(self.host + path)), None)
        if found:
            mount(self.host + found, f"{root}{BUNDLES[0]}", None, BIND)
        if os.path.isfile(f"{self.host}/etc/localtime"):
            mount(f"{self.host}/etc/localtime", f"{root}/etc/localtime", None, BIND)

    def pivot(self, root: str) -> None:
        """Make the new root the root directory."""
        os.makedirs(f"{root}/.host", exist_ok=True)
        os.chdir(root)
        call = 155 if os.uname().machine == "x86_64" else 41
        if not self.host and not self.contain:
            check_result(LIBC.syscall(call, b".", b".host"), "pivot")
            return
        if self.contain:
            os.mkdir(".host/etc")
            check_result(mount(f"{self.host}/etc", ".host/etc", None, BIND | REC), "bind the host")
        else:
            check_result(mount(self.host, ".host", None, BIND | REC), "bind the host")
        check_result(LIBC.syscall(call, b".", b"."), "pivot")
        check_result(LIBC.umount2(b".", DETACH), "leave the host")

    def set_path(self) -> None:
        """Set PATH: the view's programs first, then the stubs, then the caller's PATH."""
        old = os.environ.get("PATH", "")
        own = [] if self.prefix else [PATHS]
        if os.path.dirname(self.program) != "/usr/bin":
            own.append(os.path.dirname(self.program))
        os.environ.setdefault("NIPSYS_HOST_PATH", old)
        # a world with a prefix sees the host's directories unchanged, and programs started on the host would lose the prefix
        way_out = [] if self.prefix else [f"{self.root}/state/host"]
        os.environ["PATH"] = ":".join([*own, f"{self.root}/System/Links/Executables", *way_out, *([old] if old else [])])


def enter_namespaces(more: int, *, root_id: bool = False, own: bool = False) -> None:
    """Create the namespaces and map user and group; only a mount namespace where that is allowed and no user namespace is needed."""
    user, group = os.geteuid(), os.getegid()
    if user == 0 and not root_id and not own and LIBC.unshare(NEWNS | more) == 0:
        check_result(mount("none", "/", None, REC | SLAVE), "detach mounts")
        return
    check_result(LIBC.unshare(NEWUSER | NEWNS | more), "make namespaces")
    map_ids((0 if root_id else user, user), (0 if root_id else group, group))


def is_refused_later(flag: str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") -> bool:
    """Return whether this host allows creating a user namespace but not using it, which can only be tested in a child."""
    try:
        with open(flag, encoding="ascii") as file:
            if file.read(1) != "1":
                return False
    except OSError:
        return False
    child = os.fork()
    if child == 0:
        os._exit(bool(LIBC.unshare(NEWUSER | NEWNS) or mount("none", "/", None, REC | SLAVE)))
    return os.waitpid(child, 0)[1] != 0


def map_ids(user: tuple[int, int], group: tuple[int, int]) -> None:
    """Map one user and one group: (id inside, id outside)."""
    write("/proc/self/uid_map", f"{user[0]} {user[1]} 1\n")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/gid_map", f"{group[0]} {group[1]} 1\n")


def restrict_to_own_processes() -> None:
    """Restrict access to /proc of other processes, as launch.c does: it leads to their roots."""
    make_rules, add_rule, restrict = 444, 445, 446
    refer = 1 << 11 | 1 << 13
    if LIBC.syscall(make_rules, None, ctypes.c_size_t(0), 1) < 2:
        return
    domain = LIBC.syscall(make_rules, struct.pack("Q", refer), ctypes.c_size_t(8), 0)
    below = os.open("/", os.O_PATH)
    if domain < 0:
        raise RefusedByHost("isolate from other processes")
    check_result(LIBC.syscall(add_rule, domain, 1, struct.pack("=Qi", refer, below), 0), "isolate from other processes")
    check_result(LIBC.prctl(38, ctypes.c_ulong(1), 0, 0, 0), "isolate from other processes")
    check_result(LIBC.syscall(restrict, domain, 0), "isolate from other processes")
    os.close(domain)
    os.close(below)


def return_to(where: str, before: os.stat_result, *, contained: bool = False) -> None:
    """Return to the same working directory, whatever its path is now."""
    for path in (where, f"/.host{where}"):
        try:
            os.chdir(path)
            if os.path.samestat(os.stat("."), before):
                return
        except OSError:
            continue
    os.chdir(os.environ.get("HOME", "/") if contained and os.path.isdir(os.environ.get("HOME", "/")) else "/")


def run_on_host(argv: list[str]) -> None:
    """Run a program of the host from inside a view; outside any view just run it."""
    if os.path.lexists("/.view") and os.path.exists("/.host/."):
        where, here = os.getcwd(), os.stat(".")
        enter_namespaces(0)
        check_result(mount("/.host", "/.host", None, BIND | REC), "bind the host")
        os.chdir("/.host")
        check_result(LIBC.syscall(155 if os.uname().machine == "x86_64" else 41, b".", b"."), "pivot")
        check_result(LIBC.umount2(b".", DETACH), "leave the view")
        return_to(where[6:] if where.startswith("/.host/") else where, here)
        os.environ["PATH"] = os.environ.pop("NIPSYS_HOST_PATH", os.environ.get("PATH", "/bin:/usr/bin"))
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        sys.stderr.write(f"nipsys: `{argv[0]}`: {error.strerror}\n")
        sys.exit(127 if error.errno == 2 else 126)


def main(argv: list[str]) -> None:
    """Distinguish the three forms of the command, as launch.c does."""
    own = os.path.realpath(argv[0])
    view, inside, program = own.partition("/.run/")
    if inside and program != ".launch":
        Launch(view, f"/{program}", [f"/{program}", *argv[1:]], set(), []).start()
    if os.path.basename(own) == "hostrun":
        name = os.path.basename(argv[0])
        if name != "hostrun" or len(argv) > 1:
            run_on_host(argv[1:] if name == "hostrun" else [name, *argv[1:]])
    options, writable, rest = set[str](), [], argv[1:]
    while rest and rest[0] in {"--contain", "--no-network", "--root-id", "--build", "--write", "--overlay"}:
        if rest[0] == "--write":
            writable.append(rest.pop(1))
        if rest[0] == "--overlay":
            writable.append(f"overlay:{rest.pop(1)}")
        options.add(rest.pop(0))
    if len(rest) < 3:
        choices = "[--contain] [--no-network] [--root-id] [--build] [--write DIR] [--overlay DIR]"
        sys.stderr.write(f"usage: launch {choices} VIEW PROGRAM ARGV0 [ARGUMENT...]\n")
        sys.exit(125)
    if not os.path.isdir(rest[0]):
        sys.stderr.write(f"nipsys: cannot find a view at `{rest[0]}`\n")
        sys.exit(125)
    Launch(os.path.realpath(rest[0]), rest[1], rest[2:], options, writable).start()


if __name__ == "__main__":
    main(sys.argv)
