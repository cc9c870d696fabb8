"""Grow the whole chain in a fresh root and print times, sizes and hashes: ``table.py NIPSYS ROOT [RECIPE...]``.

Run by ``make bootstrap``. Only the program's own interface is used.
"""

import json
import subprocess
import sys
import time

CHAIN = ("tcc", "musl", "busybox", "make", "toolbox", "binutils", "gcc", "gcc +cxx", "dropbear", "dropbear libc=glibc")


def main() -> int:
    nipsys, root, *names = sys.argv[1:]
    rows = []
    began = time.monotonic()
    for name in names or CHAIN:
        done = subprocess.run(
            [nipsys, "--root", root, "--progress", "plain", "build", *name.split(), "--json"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.stdout.write(done.stdout)
            return 1
        built = json.loads(done.stdout)
        audit = json.loads(
            subprocess.run(
                [nipsys, "--root", root, "audit", "trust", *name.split(), "--json"], stdout=subprocess.PIPE, text=True, check=True
            ).stdout
        )
        rows.append(
            (
                name,
                built["version"],
                f"{built['seconds']:.1f}",
                f"{built['size']:,}",
                str(built["witnesses"]),
                f"{audit['opaque_bytes']:,}",
                built["digest"][7:23],
            )
        )
    print("| package | version | seconds | bytes | builds alike | opaque bytes below it | tree (blake3) |")
    print("|---|---|---:|---:|---:|---:|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(f"\nwhole chain, every package built at least twice: {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
