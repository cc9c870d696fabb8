"""Attempts to get out of the sandbox of builds, or to change or learn what is the host's.

``python escapes.py DIRECTORY SOCKET [ATTEMPT]`` prints as JSON which of them succeeded.

Each attempt is a program run in a sandbox of its own. It prints ``escaped`` when it got through; anything else counts as held. The test
that runs this checks the host's side as well: devices, processes, settings.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nipsys.builder.sandbox import Job, Mount, run_in_sandbox
from nipsys.builder.sandbox.job import read_last_lines
from nipsys.model.package import Run

SHELL: dict[str, str] = {
    "chmod of a device": "chmod 0666 /dev/null && echo escaped",
    "removal of a device": "rm /dev/null && echo escaped",
    "a file in /dev": "echo x > /dev/x && echo escaped",
    "a device node": "mknod /tmp/disk b 8 0 && echo escaped",
    "core_pattern": ": > /proc/sys/kernel/core_pattern && echo escaped",
    "another setting": "echo 1 > /proc/sys/net/ipv4/ip_forward && echo escaped",
    "sysrq": ": > /proc/sysrq-trigger && echo escaped",
    "an interrupt's affinity": ": > /proc/irq/default_smp_affinity && echo escaped",
    "kernel memory": "test -s /proc/kcore && head -c 1 /proc/kcore | grep -q . && echo escaped",
    "kernel symbols": "head -c 20 /proc/kallsyms | grep -q . && echo escaped",
    "keys of others": "head -c 20 /proc/keys | grep -q . && echo escaped",
    "the host's accounts": "test -e /etc/passwd && echo escaped",
    "the host's root": "ls /proc/1/root/etc /proc/1/cwd/../etc 2>/dev/null | grep -q passwd && echo escaped",
    "the host's home": "test -e /root -o -e /home && echo escaped",
    "the host's /sys": "test -e /sys/kernel && echo escaped",
    "the host's temporary files": 'test -n "$(ls /tmp)" && echo escaped',
    "other processes": "test $(ls -d /proc/[0-9]* | wc -l) -gt 9 && echo escaped",
    "a mount": "mount -t tmpfs none /tmp && echo escaped",
    "another root": "chroot /build /x 2>&1 | grep -q 'not permitted' || echo escaped",
    "an input": "echo no > /src/busybox && echo escaped",
    "the mode of an input": "chmod 0777 /src/busybox && echo escaped",
    "the host's root as own id": "read inside outside count < /proc/self/uid_map; test $outside = 0 && echo escaped",
    "root's id": "test $(id -u) = 0 && echo escaped",
    "a file of root": "echo x > /tmp/x && chown 0 /tmp/x && echo escaped",
    "capabilities": "grep -E 'Cap(Eff|Prm|Inh|Amb)' /proc/self/status | grep -qv 0000000000000000 && echo escaped",
    "new privileges": "grep -q 'NoNewPrivs:.*0' /proc/self/status && echo escaped",
    "the host's network": "ifconfig -a | grep -q '^e' && echo escaped",
    "a terminal": "test -e /dev/tty -o -e /dev/pts && echo escaped",
    "signals to everybody": "kill -9 -1; echo done",
    "a core file": "ulimit -c unlimited && test $(ulimit -c) = unlimited && echo escaped",
    "more processes": "ulimit -u unlimited && echo escaped",
}

C_SOURCE = r"""
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

static int say(long result) { if (result >= 0) puts("escaped"); return 0; }

int main(int count, char **words) {
    const char *what = words[1];
    char page[256] = "";
    if (!strcmp(what, "keyctl")) return say(syscall(SYS_keyctl, 11, -3, page, sizeof page));  /* read the session keyring */
    if (!strcmp(what, "add_key")) return say(syscall(SYS_add_key, "user", "x", "y", 1, -4));
    if (!strcmp(what, "bpf")) return say(syscall(SYS_bpf, 0, page, sizeof page) < 0 ? -1 : 0);
    if (!strcmp(what, "perf")) return say(syscall(SYS_perf_event_open, page, 0, -1, -1, 0));
    if (!strcmp(what, "userfaultfd")) return say(syscall(SYS_userfaultfd, 1));
    if (!strcmp(what, "settimeofday")) { struct timeval now; gettimeofday(&now, 0); return say(settimeofday(&now, 0)); }
    if (!strcmp(what, "ptrace")) return say(ptrace(PTRACE_ATTACH, 1, 0, 0));
    if (!strcmp(what, "sethostname")) return say(sethostname("escaped", 7));
    if (!strcmp(what, "setuid")) return say(setuid(0));
    if (!strcmp(what, "syslog")) return say(syscall(SYS_syslog, 3, page, sizeof page));
    if (!strcmp(what, "socket")) {  /* an abstract socket of the host */
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        int one = socket(AF_UNIX, SOCK_STREAM, 0);
        strcpy(name.sun_path + 1, words[2]);
        return say(connect(one, (struct sockaddr *) &name, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(words[2])));
    }
    return 2;
}
"""
CALLS = ("keyctl", "add_key", "bpf", "perf", "userfaultfd", "settimeofday", "ptrace", "sethostname", "setuid", "syslog")


def attempt(work: Path, source: Path, argv: tuple[str, ...]) -> tuple[bool, str]:
    """Run one attempt in a new sandbox; return whether it got through, and what it printed."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    outcome = run_in_sandbox(Job(str(work), "/build", (Mount("/src", str(source), "ro"),), (), (), (Run(argv),)))
    printed = [line for line in read_last_lines(outcome.log) if not line.startswith("--- ")]
    return "escaped" in printed or outcome.status == "closed", f"{outcome.status} {outcome.message} {printed}"


def main(folder: Path, socket_name: str, *names: str) -> None:
    """Make every attempt, or those with ``names``, below ``folder``."""
    source = folder / "src"
    source.mkdir()
    shutil.copy("/bin/busybox", source / "busybox")
    (folder / "try.c").write_text(C_SOURCE)
    subprocess.run(["gcc", "-static", "-w", "-O1", folder / "try.c", "-o", source / "try"], check=True)
    tries = {
        name: ("/src/busybox", "sh", "-c", f"PATH=/bin; /src/busybox --install -s /build; PATH=/build; {script}")
        for name, script in SHELL.items()
    }
    tries |= {f"call {name}": ("/src/try", name) for name in CALLS}
    tries["an abstract socket"] = ("/src/try", "socket", socket_name)
    found = {name: attempt(folder / "work", source, argv) for name, argv in tries.items() if not names or name in names}
    print(
        json.dumps(
            {
                "tried": len(found),
                "escaped": sorted(name for name, (through, _) in found.items() if through),
                "said": {name: said for name, (_, said) in found.items()},
            }
        )
    )


if __name__ == "__main__":
    os.umask(0o022)
    main(Path(sys.argv[1]), *sys.argv[2:])
