"""A change as the database holds it, with the words around it, for whatever shows it."""

from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from bot.changes.kinds import kind_named
from bot.domain.change import Change, ChangeState, Choice
from bot.domain.configuration import Freeze
from bot.domain.errors import LedgerBrokenError
from bot.domain.explanation import still_lacking
from bot.domain.revision import moved_between, revision_of
from bot.domain.rounds import UNAPPROVED_FROM
from bot.domain.rule_words import rule_words
from bot.ports.archive import Look
from bot.render.change_view import ChangeView
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.hold_for_incident import mode_of
from bot.usecases.schedule_change import start_of
from handlers.dependencies import Dependencies


async def load_view(number: int, deps: Dependencies) -> ChangeView:
    """Return a change with its votes and the words around it; raise NotFoundError."""
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
        votes = await look.votes(change)
        comments = await look.comments(number)
        earlier = await look.revision(number, change.revision - 1)
        freezes = await _freezes(change, look, deps)
        mode = await mode_of(change, people={}, look=look, desk=deps.desk)
        linked = [await look.incident(each) for each in await look.incidents_of(number)]
        trail = await _trail(change, look)
    approvals = [vote.groups for vote in votes if vote.choice is Choice.APPROVE]
    lacking = still_lacking(deps.desk.configuration.rule_for(change), approvals)
    view = view_of(change, deps, votes=tuple(votes))
    view = replace(view, lacking=lacking, freezes=freezes, trail=trail, mode=mode, linked=linked)
    if earlier is None or not change.plan_digest:
        return replace(view, comments=comments)
    moved = moved_between(earlier, revision_of(change, deps.desk.clock.now()))
    return replace(view, comments=comments, moved=moved)


async def _trail(change: Change, look: Look) -> str:
    """Return where the change stands in the audit trail, in words that `audit verify` can be held against."""
    with suppress(
        LedgerBrokenError
    ):  # the card is shown all the same, and what stops everything says so itself
        seq, head = await look.last_entry_of(change.id), await look.trail_head()
        if seq is not None and head is not None and change.state is not ChangeState.DRAFT:
            return f"audit #{seq} · size {head.size} · root {b64encode(head.root).decode()[:8]}…"
    return ""


async def _freezes(change: Change, look: Look, deps: Dependencies) -> tuple[Freeze, ...]:
    """Return the freezes that hold when a change that waits would run."""
    if change.state not in UNAPPROVED_FROM:
        return ()
    start, configuration = start_of(change, deps.desk.clock.now()), deps.desk.configuration
    return await freezes_at(change.request.target, start, look=look, configuration=configuration)


async def views_of(changes: Iterable[Change], deps: Dependencies) -> list[ChangeView]:
    """Return changes in rows, each with the votes on its latest revision."""
    async with deps.desk.archive.reading() as look:
        return [view_of(change, deps, votes=tuple(await look.votes(change))) for change in changes]


def view_of(change: Change, deps: Dependencies, *, votes: tuple[object, ...] = ()) -> ChangeView:
    """Return a loaded change with the words around it."""
    rule = deps.desk.configuration.rule_for(change)
    summary = kind_named(change.request.kind).summary(change.plan) if change.plan is not None else ""
    return ChangeView(
        change,
        votes=votes,  # type: ignore[arg-type]
        summary=summary,
        rule_words=rule_words(rule) if rule is not None else "",
        queue_note=_queue_note(change),
        may_break_glass=rule is not None and rule.break_glass,
    )


def _queue_note(change: Change) -> str:
    if change.state not in (ChangeState.APPROVED, ChangeState.SCHEDULED, ChangeState.EXECUTING):
        return ""
    asked = "Everything is checked again before anything is sent." if change.apply_asked_by else ""
    return change.note or (asked if change.state is ChangeState.APPROVED else "")
