"""What the same program is called in other kinds of sources: a small built-in table; the profile's own ``alias`` takes precedence.

A cell is the program's name in that kind of source: ``=`` is the row's own name, ``-`` is missing or unknown.
"""

from collections.abc import Iterable

_KINDS = ("debian", "pacman", "alpine", "nix", "gentoo", "pkgsrc")
_TABLE = """
apache      apache2         apache          apache2         apacheHttpd     www-servers/apache      apache
bat         =               =               =               =               sys-apps/bat            =
busybox     =               =               =               =               sys-apps/busybox        =
cmake       =               =               =               =               dev-build/cmake         =
curl        =               =               =               =               net-misc/curl           =
delta       git-delta       git-delta       =               =               dev-util/git-delta      git-delta
dig         bind9-dnsutils  bind            bind-tools      dig             net-dns/bind            bind
emacs       =               =               =               =               app-editors/emacs       =
fd          fd-find         =               =               =               sys-apps/fd             =
ffmpeg      =               =               =               =               media-video/ffmpeg      -
fish        =               =               =               =               app-shells/fish         =
fzf         =               =               =               =               app-shells/fzf          =
gcc         =               =               =               =               sys-devel/gcc           -
git         =               =               =               =               dev-vcs/git             =
go          golang-go       =               =               =               dev-lang/go             -
htop        =               =               =               =               sys-process/htop        =
hello       =               =               -               =               app-misc/hello          =
imagemagick =               =               =               =               media-gfx/imagemagick   ImageMagick
jq          =               =               =               =               app-misc/jq             =
make        =               =               =               gnumake         dev-build/make          gmake
nano        =               =               =               =               app-editors/nano        =
neovim      =               =               =               =               app-editors/neovim      =
nginx       =               =               =               =               www-servers/nginx       =
nodejs      =               =               =               =               net-libs/nodejs         =
nmap        =               =               =               =               net-analyzer/nmap       =
openssh     openssh-client  =               =               =               net-misc/openssh        =
pip         python3-pip     python-pip      py3-pip         -               dev-python/pip          -
postgresql  =               =               =               =               dev-db/postgresql       -
python      python3         =               python3         python3         dev-lang/python         -
redis       redis-server    =               =               =               dev-db/redis            =
ripgrep     =               =               =               =               sys-apps/ripgrep        =
rsync       =               =               =               =               net-misc/rsync          =
rust        rustc           =               =               rustc           dev-lang/rust           =
shellcheck  =               =               =               =               dev-util/shellcheck     -
sqlite      sqlite3         =               =               =               dev-db/sqlite           sqlite3
strace      =               =               =               =               dev-debug/strace        -
tmux        =               =               =               =               app-misc/tmux           =
tree        =               =               =               =               app-text/tree           =
vim         =               =               =               =               app-editors/vim         =
wget        =               =               =               =               net-misc/wget           =
xz          xz-utils        =               =               =               app-arch/xz-utils       =
zsh         =               =               =               =               app-shells/zsh          =
zstd        =               =               =               =               app-arch/zstd           =
"""


def find_aliases(names: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Return (name, kind of source, name there) for those of ``names`` that have another name somewhere.

    A name may be any that the table knows: ``fd-find`` is ``fd`` elsewhere, as ``fd`` is ``fd-find`` on Debian. A name with a category
    that is not in the table, such as pkgsrc's ``sysutils/fd``, is looked up without it.
    """
    rows = _read_rows()
    found = []
    for name in dict.fromkeys(names):
        row = _find_row(rows, name) or _find_row(rows, name.rpartition("/")[2])
        if row is not None:
            found += [(name, kind, there) for kind, there in zip(_KINDS, row[1:], strict=True) if there not in {"", name}]
    return tuple(found)


def _find_row(rows: tuple[tuple[str, ...], ...], name: str) -> tuple[str, ...] | None:
    return next((row for row in rows if row[0] == name), None) or next((row for row in rows if name in row[1:]), None)


def _read_rows() -> tuple[tuple[str, ...], ...]:
    """Return the table's rows with every cell spelled out; empty for a kind that lacks the program."""
    lines = (line.split() for line in _TABLE.strip().splitlines())
    return tuple((name, *({"=": name, "-": ""}.get(cell, cell) for cell in cells)) for name, *cells in lines)
