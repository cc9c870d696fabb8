"""Plans and lock differences as lines of sign, name and versions."""

from collections.abc import Iterable

from nipsys.cli.render.text import format_count, format_size, format_table
from nipsys.model.system import Lock, PackageChange, Plan

_MAX_LINES = 40
"""Maximum number of lines per kind of change; the rest is only counted."""


def diff_locks(before: Lock, after: Lock) -> list[tuple[str, str, str]]:
    """Return (sign, id, versions) for every package that differs, sorted by id."""
    old = {package.id: package.version for package in before.packages}
    new = {package.id: package.version for package in after.packages}
    rows = []
    for name in sorted({*old, *new}):
        if name not in old:
            rows.append(("+", name, new[name]))
        elif name not in new:
            rows.append(("-", name, old[name]))
        elif old[name] != new[name]:
            rows.append(("~", name, f"{old[name]} -> {new[name]}"))
    return rows


def format_plan(plan: Plan) -> str:
    """Return a plan as text: requested packages by name, dependencies counted, download size and notes."""
    lines = [f"nothing to do: `{plan.profile}` is up to date"] if plan.is_empty else _format_differences(plan)
    return "\n".join([*lines, *(f"note: {note}" for note in plan.notes)])


def _format_differences(plan: Plan) -> list[str]:
    lines: list[str] = []
    for sign, changes in (("+", plan.added), ("~", plan.changed), ("-", plan.removed)):
        lines += _format_changes(sign, changes)
    lines += [f"  {_sign_of(change.before, change.after)} {change.kind} {change.name}" for change in plan.settings]
    parts = [
        f"{len(plan.added)} to add" if plan.added else "",
        f"{len(plan.changed)} to change" if plan.changed else "",
        f"{len(plan.removed)} to remove" if plan.removed else "",
        f"{len(plan.kept)} unchanged" if plan.kept else "",
        f"{format_count(len(plan.fetch), 'artifact')} to fetch ({format_size(plan.fetch_size)})" if plan.fetch else "nothing to fetch",
        f"{len(plan.build)} to build" if plan.build else "",
    ]
    lines.append(f"{plan.profile}: " + ", ".join(part for part in parts if part))
    return lines


def _format_changes(sign: str, changes: Iterable[PackageChange]) -> list[str]:
    named = [change for change in changes if change.requested or sign != "+"]
    silent = [change for change in changes if not (change.requested or sign != "+")]
    rows = [[f"  {sign}", change.id, _format_versions(change)] for change in named[:_MAX_LINES]]
    lines = format_table(rows).splitlines()
    rest = len(named) - _MAX_LINES
    if rest > 0:
        lines.append(f"  {sign} and {rest} more")
    if silent:
        lines.append(f"  {sign} {format_count(len(silent), 'dependency', 'dependencies')}")
    return lines


def _format_versions(change: PackageChange) -> str:
    if change.why == "version":
        return f"{change.before} -> {change.after}"
    return f"{change.after or change.before}" + (f" ({change.why})" if change.why in {"content", "exposed"} else "")


def _sign_of(before: str | None, after: str | None) -> str:
    return "+" if before is None else "-" if after is None else "~"
