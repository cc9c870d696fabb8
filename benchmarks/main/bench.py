"""The main job against apt: 60 packages applied from a warm download cache, beside ``apt-get install`` of the same in a fresh chroot.

Run by ``make bench`` as root (apt needs it), with debootstrap installed. Every figure is a ratio of two whole processes in one run.
It works in a journaled ext4 image of its own, because a file system without a journal makes either side twenty times slower.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from measure import has_all, is_root, measure  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3


def journaled(directory: pathlib.Path) -> pathlib.Path:
    """Make and mount a fresh ext4 of 40 GB (sparse) below ``directory``; give the mount point."""
    image, mount = directory / "disk", directory / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(40 << 30)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)
    return mount


def profile(packages: list[str], suite: str) -> str:
    """Write the profile that asks for ``packages``."""
    names = "\n".join(f"    {name}" for name in packages)
    return f'profile "bench" arch="x86_64"\nsource "debian" suite="{suite}"\npackages {{\n{names}\n}}\n'


def apt_sources(suite: str) -> str:
    """Name the mirror of the host's own apt configuration for the chroot."""
    text = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[0] for line in text.splitlines() if line.split()[1:] == [suite])


def chroot(mount: pathlib.Path, suite: str, packages: list[str]) -> pathlib.Path:
    """Make a minimal system with every package downloaded into apt's own cache; give the tar file of it."""
    base, packed = mount / "base", mount / "base.tar"
    subprocess.run(["debootstrap", "--variant=minbase", suite, str(base), apt_sources(suite)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        ["chroot", str(base), "apt-get", "install", "-y", "-q", "--no-install-recommends", "--download-only", *packages],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["tar", "-C", str(base), "-cf", str(packed), "."], check=True)
    shutil.rmtree(base)
    return packed


def against_apt(nipsys: str, mount: pathlib.Path) -> dict[str, object]:
    """Apply and install the same packages in turn; give the seconds of each and the median ratio."""
    suite, packages = "bookworm", (HERE / "packages.txt").read_text().split()
    packed = chroot(mount, suite, packages)
    text = mount / "bench.kdl"
    text.write_text(profile(packages, suite))
    warm = mount / "warm"
    subprocess.run([nipsys, "--root", str(warm), "apply", str(text)], check=True, stdout=subprocess.DEVNULL)
    ours, theirs = [], []
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for turn in range(ROUNDS):
        root, system = mount / f"root{turn}", mount / f"system{turn}"
        root.mkdir()
        shutil.move(str(warm / "cache"), str(root / "cache"))
        subprocess.run(["sync", "-f", str(mount)], check=True)
        ours.append(measure([nipsys, "--root", str(root), "--offline", "apply", str(text), "--locked"]).wall)
        shutil.move(str(root / "cache"), str(warm / "cache"))
        system.mkdir()
        subprocess.run(["tar", "-C", str(system), "-xf", str(packed)], check=True)
        subprocess.run(["sync", "-f", str(mount)], check=True)
        theirs.append(
            measure(["chroot", str(system), "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], env=quiet).wall
        )
        sys.stderr.write(f"round {turn}: {ours[-1]:.1f} s against {theirs[-1]:.1f} s\n")
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return {"apply_seconds": ours, "apt_seconds": theirs, "ratio_median": statistics.median(ratios), "promise": 0.5}


def memory(nipsys: str, mount: pathlib.Path) -> dict[str, object]:
    """Return the peak memory of a first ``lock`` over one suite, in MB."""
    root, text = mount / "lock-root", mount / "memory.kdl"
    text.write_text((mount / "bench.kdl").read_text())  # there is no lock next to it: this one syncs, indexes and resolves
    return {"first_lock_peak_mb": measure([nipsys, "--root", str(root), "lock", str(text)]).memory, "promise": 100}


def main() -> None:
    """Run both and print one JSON object."""
    nipsys = sys.argv[1]
    tools = {"apt-get": "apt", "debootstrap": "debootstrap", "chroot": "coreutils", "mkfs.ext4": "e2fsprogs", "mount": "mount"}
    if not (is_root("the comparison with apt") and has_all(tools, "the comparison with apt")):
        return
    with tempfile.TemporaryDirectory(prefix="nipsys-bench-") as name:
        mount = journaled(pathlib.Path(name))
        try:
            results = {"apply": against_apt(nipsys, mount)}
            results["memory"] = memory(nipsys, mount)
            print(json.dumps(results, indent=2))
        finally:
            subprocess.run(["umount", "-l", str(mount)], check=True)


if __name__ == "__main__":
    main()
