"""Ask what to do about a missing build tool; only on a terminal."""

import sys


def ask_for_tool(tool: str, by_hand: tuple[str, ...], others: tuple[str, ...]) -> str:
    """Return ``minimal`` (install the tool), ``container`` (and build in one), one of ``others`` (another source), or "" to stop."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    there = ", ".join(others) or "none available"
    _print(
        f"`{tool}` is not installed.",
        "  1  minimal       install it in this root, without root privileges",
        "  2  container     install it, and build in Podman or Docker",
        "  3  manual        show how to install it yourself",
        f"  4  other source  {there}",
        "  q  quit",
    )
    match _read_answer():
        case "1" | "minimal":
            return "minimal"
        case "2" | "container":
            return "container"
        case "3" | "manual":
            _print(*(f"  {step}" for step in by_hand))
        case "4" | "other source" if others:
            return _ask_for_source(others)
    return ""


def _ask_for_source(others: tuple[str, ...]) -> str:
    if len(others) == 1:
        return others[0]
    _print("which?  " + "  ".join(others))
    answer = _read_answer()
    return answer if answer in others else ""


def _print(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def _read_answer() -> str:
    sys.stderr.write("> ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()
