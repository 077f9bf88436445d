"""Lists: changes, and a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import ChangeState
from bot.ports.slack import Block, Message
from bot.render.after_words import follows
from bot.render.blocks import button, footer, header, say, section
from bot.render.change_view import ChangeView, button_value
from bot.render.change_words import state_line
from bot.render.emergency_words import review_due
from bot.render.modal import Modal, modal
from bot.render.texts import count, escape, mention, one_line, sentence, when
from bot.render.texts import words as safe

_ROWS = 20
_LINES = 40


def row(view: ChangeView) -> Block:
    """Return a change in three lines."""
    change = view.change
    asked = change.submitted_at or change.created_at
    row = section(
        f"*{change.id}* · {escape(view.action, 300)}{follows(change)}\n{state_line(view)}\n"
        f"Owner {mention(change.request.owner)} · {escape(one_line(change.environment), 60)} · requested by "
        f"{mention(change.request.requester)} {when(asked)}{review_due(change)}"
    )
    if change.state is not ChangeState.DRAFT:
        return row
    return {
        **row,
        "accessory": button("Revise…", "change.revise", button_value(change), says=f"Revise {change.id}"),
    }


def drafts_words(number: int) -> str:
    """Return how many drafts somebody has, and where they are."""
    return f"{count(number, 'draft')} of yours, not sent to anyone: `/cs change list --state draft`."


def render_changes(views: Sequence[ChangeView], title: str, ref: str, note: str = "") -> Message:
    """Return a list of changes, newest first; `note` says what is left out of it."""
    rows = [row(view) for view in views[:_ROWS]] or [section("*None* · no change matches.")]
    more = f"{len(views) - _ROWS} more are not shown." if len(views) > _ROWS else ""
    ids = ", ".join(view.change.id for view in views[:_ROWS])
    found = f"{count(len(views), 'change')}{f' ({ids})' if ids else ''}"
    text = f"{sentence(escape(one_line(title), 200))}: {found}."
    return say(text, [header(title), *rows, footer(ref, more, note, "change show CHG-n shows one in full.")])


def render_changes_view(views: Sequence[ChangeView], title: str, ref: str) -> Block:
    """Return the list of changes as a modal with nothing to submit."""
    return modal(Modal(title, "notice", close="Close"), render_changes(views, title, ref).blocks)


@dataclass(frozen=True)
class TimelineLine:
    """One thing that happened: when, who (a user id or a role), and what in words."""

    at: datetime
    actor: str
    words: str


def render_timeline(lines: Sequence[TimelineLine], title: str, ref: str) -> Message:
    """Return what happened, in the order given."""
    rows = [
        section("\n".join(_happened(line) for line in lines[start : start + 8]))
        for start in range(0, min(len(lines), _LINES), 8)
    ] or [section("*None* · nothing is recorded.")]
    more = f"{len(lines) - _LINES} more are not shown." if len(lines) > _LINES else ""
    said = "entry" if len(lines) == 1 else "entries"
    text = f"{sentence(escape(one_line(title), 200))}: {len(lines)} {said}."
    return say(text, [header(title), *rows, footer(ref, more)])


def _happened(line: TimelineLine) -> str:
    return f"{when(line.at)} · {mention(line.actor)} {safe(one_line(line.words), 240)}"
