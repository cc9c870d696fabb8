"""A small nixpkgs-shaped closure, built by nix itself in a store of its own below the workshop, and copied to binary caches.

The machine's /nix is never touched: the store is a chroot store, and the tools run as a user that could not make /nix.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools import need, plain, reachable, workshop, write

EXPRESSION = r"""
let
  shell = builtins.path { path = ./shell; name = "busybox-1.35.0"; };
  make = values: derivation ({
    system = "x86_64-linux"; builder = "${shell}/bin/sh"; PATH = "${shell}/bin:/usr/bin:/bin";
  } // values // { name = "${values.pname}-${values.version}"; args = [ "-eu" "-c" values.script ]; })
  // { inherit (values) pname version; meta = { description = values.about or ""; }; };
  glibc = make { pname = "glibc"; version = "2.36"; script = ''
    mkdir -p $out/lib
    cp -L /lib64/ld-linux-x86-64.so.2 "$(gcc -print-file-name=libc.so.6)" $out/lib/
  ''; };
  libgreet = make { pname = "libgreet"; version = "2.1"; outputs = [ "out" "dev" ]; script = ''
    mkdir -p $out/lib $dev/include
    echo 'const char *greet(void);' > $dev/include/greet.h
    printf 'const char *greet(void) { return "Hello from %s"; }\n' $out > greet.c
    gcc -shared -fPIC -Wl,-soname,libgreet.so.2 -o $out/lib/libgreet.so.2 greet.c
    ln -s libgreet.so.2 $out/lib/libgreet.so
    ln -s $out/lib/libgreet.so $dev/absolute
  ''; };
  words = builtins.toFile "words-3" "hello\n";
  nothing = make { pname = "nothing"; version = "0"; script = "mkdir $out"; };
  hello = make { pname = "hello"; version = "1.0"; about = "says hello"; script = ''
    mkdir -p $out/bin $out/share/empty
    printf '#include <greet.h>\nint puts(const char *);\nint main(void) { return puts(greet()) < 0; }\n' > hello.c
    gcc -I${libgreet.dev}/include -o $out/bin/hello-nix hello.c -L${libgreet.out}/lib -lgreet \
      -Wl,-rpath,${libgreet.out}/lib:${glibc}/lib -Wl,--dynamic-linker=${glibc}/lib/ld-linux-x86-64.so.2
    printf '#!%s\nexec %s/bin/hello-nix "$@"\n' ${shell}/bin/sh $out > $out/bin/hello-script
    chmod +x $out/bin/hello-script
    echo ${words} ${nothing} > $out/share/references
  ''; };
in { inherit glibc libgreet hello; }
"""
PACKINGS = ("xz", "zstd", "none", "bzip2", "gzip")


@dataclass(frozen=True)
class Caches:
    """What was made."""

    path: Path
    """Of the workshop: ``cache-xz`` and so on are binary caches, ``root`` is nix's own store."""
    key: str
    stranger: str
    """A public key that signed nothing."""
    evaluated: str
    """What ``nix-env -qaP --json --out-path`` printed."""
    outputs: tuple[str, ...]
    """Store paths of hello, and of libgreet's ``dev``."""

    def cache(self, packing: str = "xz") -> str:
        """Address of a cache."""
        return f"file://{self.path}/cache-{packing}"

    def real(self, path: str) -> Path:
        """Where nix itself put a store path."""
        return Path(f"{self.path}/root{path}")


def make(path: Path) -> Caches:
    """Build, sign, and copy to one cache for every packing."""
    need(nix_build="nix-bin", nix_store="nix-bin", nix="nix-bin", gcc="gcc", busybox="busybox-static")
    shop = workshop(reachable(path))
    workshop(shop / "shell")
    plain(
        [
            "sh",
            "-c",
            'mkdir -p shell/bin && cp -L "$(command -v busybox)" shell/bin/busybox && for one in sh mkdir cp printf ln chmod echo; do ln -s busybox shell/bin/$one; done',
        ],
        shop,
    )
    write(shop / "packages.nix", EXPRESSION)
    environment = environment_of(shop)
    built = plain(["nix-build", "packages.nix", "--no-out-link", "-A", "hello", "-A", "libgreet.dev"], shop, environment, check=False)
    if built.returncode:
        pytest.skip(f"nix cannot build here without root: {built.stderr[-300:]}")
    outputs = tuple(built.stdout.split())
    for name in ("nipsys-test-1", "stranger-1"):
        plain(["nix-store", "--generate-binary-cache-key", name, f"{shop}/{name}.sec", f"{shop}/{name}.pub"], shop, environment)
    key = f"secret-key={shop}/nipsys-test-1.sec"
    for packing in PACKINGS:
        plain(["nix", "copy", "--to", f"file://{shop}/cache-{packing}?compression={packing}&{key}", *outputs], shop, environment)
    both = f"file://{shop}/cache-both"
    plain(["nix", "copy", "--to", f"{both}?compression=zstd&{key}", *outputs], shop, environment)
    plain(["nix", "store", "sign", "--store", both, "--key-file", f"{shop}/stranger-1.sec", "-r", *outputs], shop, environment)
    evaluated = plain(["nix-env", "-f", "packages.nix", "-qaP", "--json", "--out-path", "--meta"], shop, environment).stdout
    json.loads(evaluated)
    return Caches(shop, (shop / "nipsys-test-1.pub").read_text().strip(), (shop / "stranger-1.pub").read_text().strip(), evaluated, outputs)


def environment_of(shop: Path, store: str = "root") -> dict[str, str]:
    """Return the variables that keep nix inside the workshop."""
    settings = f"experimental-features = nix-command\nsubstituters =\nsandbox-paths = /usr /bin /lib /lib64 /etc/alternatives {shop}\n"
    return {"NIX_REMOTE": f"{shop}/{store}", "NIX_CONFIG": settings, "NIX_CONF_DIR": f"{shop}/none", "XDG_CACHE_HOME": f"{shop}/.cache"}


def install(caches: Caches, into: str) -> Path:
    """Let nix itself copy hello's closure from a cache into another store; give the directory that is its ``/nix/store``."""
    environment = environment_of(caches.path, into)
    plain(
        ["nix", "copy", "--from", caches.cache("zstd"), "--option", "trusted-public-keys", caches.key, *caches.outputs],
        caches.path,
        environment,
    )
    return caches.path / into / "nix" / "store"


_MADE: list[Caches] = []


def once(path: Path) -> Caches:
    """Make it below ``path`` unless this run has made it already."""
    if not _MADE:
        _MADE.append(make(path))
    return _MADE[0]
