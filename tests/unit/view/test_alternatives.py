"""Alternatives: read from real forms of maintainer scripts, chosen by record, then priority, then name."""

from nipsys.view.alternatives import canonical_path, choose_alternatives, read_offers
from nipsys.view.model import AlternativeOffer

VIM = """
set -e
priority=30
pkg=vim.basic
case "$1" in configure)
  # update-alternatives --install /usr/bin/never never /usr/bin/never 1
  for i in vi view editor; do
    update-alternatives \\
      --install /usr/bin/$i $i /usr/bin/$pkg $priority \\
      --slave /usr/share/man/man1/$i.1.gz $i.1.gz /usr/share/man/man1/vim.1.gz
  done
  ;;
esac
"""


def test_loops_variables_and_continuations_are_read() -> None:
    found = read_offers(VIM, "amd64")
    assert [offer.name for offer in found] == ["vi", "view", "editor"]
    assert found[0] == AlternativeOffer(
        "vi", "/usr/bin/vi", "/usr/bin/vim.basic", 30, (("/usr/share/man/man1/vi.1.gz", "/usr/share/man/man1/vim.1.gz"),)
    )


def test_the_architecture_is_filled_in_and_other_variables_are_kept() -> None:
    text = "update-alternatives --install /usr/lib/${DPKG_MAINTSCRIPT_ARCH}/l l /usr/lib/x 5\nupdate-alternatives --install /x $name /y 5\n"
    assert [offer.link for offer in read_offers(text, "arm64")] == ["/usr/lib/arm64/l"]


def test_the_recorded_choice_wins_then_the_priority() -> None:
    low, high, gone = (
        AlternativeOffer("awk", "/usr/bin/awk", f"/usr/bin/{name}", priority, ())
        for name, priority in (("mawk", 5), ("gawk", 10), ("bwk", 99))
    )
    present = {"usr/bin/mawk", "usr/bin/gawk"}
    assert choose_alternatives([low, high, gone], present, {}) == (high,)
    assert choose_alternatives([low, high, gone], present, {"awk": "/usr/bin/mawk"}) == (low,)
    assert choose_alternatives([low, high, gone], present, {"awk": "/usr/bin/bwk"}) == (high,)
    assert choose_alternatives([high, low], present, {}) == choose_alternatives([low, high], present, {})


def test_canonical_paths_are_below_usr() -> None:
    assert canonical_path("/bin/sh") == "usr/bin/sh"
    assert canonical_path("//lib64/./ld.so") == "usr/lib64/ld.so"
    assert canonical_path("/etc/x") == "etc/x"
