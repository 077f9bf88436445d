"""Doors that only look: all that an auditor may use. What is not named here changes something."""

from collections.abc import Mapping

from bot.domain.auditing import is_auditor, refuse_auditor
from bot.domain.command_line import split
from bot.domain.errors import InvalidInputError
from bot.domain.people import Standing
from bot.domain.redaction import redact
from bot.domain.request_events import EvidenceRead
from bot.ports.slack import Message
from bot.render.answer import render_refused
from handlers.denying import remember_denied
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Reached
from handlers.strangers import remember_stranger

ALL = "*"
# By command: its words that only look. An empty word stands for none.
COMMANDS: Mapping[str, frozenset[str]] = {
    **{
        name: frozenset({ALL})
        for name in (
            "status",
            "show",
            "metrics",
            "quota",
            "compare",
            "lineage",
            "evidence",
            "cost",
            "approvals",
            "audit",
            "whoami",
            "admin",
            "help",
        )
    },
    "change": frozenset({"", "list", "show", "why", "release-note"}),
    "freeze": frozenset({"", "list"}),
    "incident": frozenset({"", "list", "show", "timeline", "export"}),
}
DRIFT_CHANGES = frozenset({"except", "lift"})
# Of buttons, forms and shortcuts, by id.
PRESSED = frozenset(
    {
        "change.plan",
        "evidence.refresh",
        "evidence.share",
        "incident.timeline",
        "trail.older",
        "trail.newer",
        "shortcut.approvals",
    }
)
# These leave an entry of their own: of what was seen, or of what was taken.
_RECORDED = frozenset(
    {
        "status",
        "show",
        "metrics",
        "quota",
        "drift",
        "compare",
        "lineage",
        "evidence",
        "cost",
        "help",
        "whoami",
    }
)
_RECORDED_WORDS: Mapping[str, frozenset[str]] = {
    "audit": frozenset({"proof", "search", "export"}),
    "incident": frozenset({"export"}),
}


def typed(text: str) -> Reached:
    """Return what a command line reaches for."""
    name, word = _first_two(text)
    if name == "drift":
        return Reached(text, word not in DRIFT_CHANGES, typed=True)
    looks = COMMANDS.get(name, frozenset())
    return Reached(text, ALL in looks or word in looks, typed=True)


def pressed(name: str, says: str = "") -> Reached:
    """Return what a button, a form or a shortcut reaches for; `says` is what stands on it."""
    return Reached(name, name in PRESSED, says=says)


async def refused_auditor(
    standing: Standing, reached: Reached, asked: Asked, deps: Dependencies
) -> Message | None:
    """Return the refusal of an auditor who reached for something that changes, remembered; None for all else."""
    if reached.looks or not is_auditor(standing, deps.desk.configuration):
        return None
    named = f"“{reached.says}”" if reached.says else "what you chose"
    refused = refuse_auditor(f"`{reached.name}`" if reached.typed else named)
    await remember_stranger(asked, refused.reason, deps)
    await remember_denied(asked, reached, refused.reason, deps)
    return render_refused(refused, asked.ref)


async def remember_look(standing: Standing, reached: Reached, asked: Asked, deps: Dependencies) -> None:
    """Append the entry of an auditor's look that leaves none of its own.

    Raises:
        AuditRefusedError: the trail does not take it; then nothing is shown.
    """
    if not is_auditor(standing, deps.desk.configuration) or _recorded_by_itself(reached):
        return
    async with deps.desk.archive.transaction() as tx:
        command = " ".join(_words(reached.what)[:3]) if reached.typed else reached.what
        event = EvidenceRead(command=redact(command), alias="Countersign")
        await tx.record(event, by=asked.caller.actor, cause=asked.caller.cause)


def _recorded_by_itself(reached: Reached) -> bool:
    if not reached.typed:
        return reached.what.startswith(("evidence.", "trail."))
    name, word = _first_two(reached.what)
    return name in _RECORDED or word in _RECORDED_WORDS.get(name, ())


def _first_two(text: str) -> tuple[str, str]:
    first, second, *_ = (*(word.lower() for word in _words(text)), "", "")
    return first or "help", second


def _words(text: str) -> tuple[str, ...]:
    try:
        return split(text)
    except InvalidInputError:
        return ()
