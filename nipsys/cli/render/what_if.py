"""Show the outcome of ``what-if`` and ``why-not``."""

from typing import TYPE_CHECKING

from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.resolve import WhatIf


def show_what_if(outcome: "WhatIf", session: Session, never: str, already: str, would: str) -> int:
    """Answer with the reasons against the request (exit code 1), or with what it changes."""
    conflict = outcome.conflict
    if conflict is not None:
        facts = [f"{problem.message}" for problem in conflict.problems]
        facts += [note for problem in conflict.problems for note in problem.notes]
        facts += [f"{reason.text} ({reason.span})" if reason.span else reason.text for reason in conflict.reasons]
        value = {"possible": False, "reasons": facts, "fixes": [fix.text for fix in conflict.fixes]}
        lines = [f"{never}:", *(f"  {fact}" for fact in facts), *(f"  fix: {fix.text}" for fix in conflict.fixes)]
        session.answer(value, "\n".join(lines))
        return 1
    value = {"possible": True, "changes": [change._asdict() for change in outcome.changes]}
    if not outcome.changes:
        session.answer(value, already)
        return 0
    lines = [f"{would}:"]
    for change in outcome.changes:
        if not change.before:
            lines.append(f"  + {change.id} {change.after}")
        elif not change.after:
            lines.append(f"  - {change.id} {change.before}")
        else:
            lines.append(f"  ~ {change.id} {change.before} -> {change.after}")
    session.answer(value, "\n".join(lines))
    return 0
