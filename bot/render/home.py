"""The Home tab: what waits for a person, what they asked for and own, what runs, and whether the trail holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import ChangeState
from bot.domain.configuration import Freeze
from bot.ports.slack import Block
from bot.render.blocks import actions, button, context, divider, footer, header, section
from bot.render.change_card import card_button
from bot.render.change_view import ChangeView
from bot.render.emergency_words import is_unreviewed
from bot.render.incident_card import incident_row
from bot.render.incident_view import IncidentView
from bot.render.listing import drafts_words, row
from bot.render.texts import ago, escape, one_line, when

_SHOWN = 5


@dataclass(frozen=True)
class Owned:
    """A deployment somebody owns, as it was last seen: its state in words, and what needs a look."""

    alias: str
    state: str
    hints: tuple[str, ...] = ()
    seen_at: datetime | None = None


@dataclass(frozen=True)
class HomeView:
    """What one person's Home tab shows. `waiting` are theirs to decide or to attest."""

    waiting: Sequence[ChangeView] = ()
    mine: Sequence[ChangeView] = ()
    owned: Sequence[Owned] = ()
    running: Sequence[ChangeView] = ()
    freezes: Sequence[Freeze] = ()
    trail: tuple[bool, datetime] | None = None
    request: str = ""
    user: str = ""
    anchors: str = ""
    drafts: int = 0
    auditor: bool = False
    incidents: Sequence[IncidentView] = ()


def render_home(view: HomeView, *, now: datetime, ref: str) -> Block:
    """Return the Home tab of a person, as far as it concerns them."""
    blocks = [
        header("Countersign"),
        context("Evidence, approvals and an audit trail. Nothing changes in Azure without them."),
        *_first(view),
        *_incidents(view, now),
        *_changes(
            "Waiting for you",
            view.waiting,
            "*Nothing waits for you.* You are told here and in a direct message.",
            view.user,
            asked=True,
        ),
        divider(),
        *_changes(
            "Your requests", view.mine, "*You have no open request.* Start one with `/cs change request`."
        ),
        *([context(drafts_words(view.drafts))] if view.drafts else []),
    ]
    if view.owned:
        blocks += [
            divider(),
            header("Deployments you own"),
            *[_owned(each, now) for each in view.owned[:_SHOWN]],
        ]
        blocks += _more(len(view.owned), "`/cs status` lists every target.")
    if view.running:
        blocks += [divider(), *_changes("Running now", view.running, "")]
    blocks += [
        divider(),
        *_freezes(view.freezes),
        context(" ".join(filter(None, (_trail(view, now), escape(view.anchors, 600))))),
        footer(ref),
    ]
    return {"type": "home", "callback_id": "home", "blocks": blocks}


def _first(view: HomeView) -> list[Block]:
    """Return the way to a request; an auditor, who asks for none, is shown the way into the trail."""
    if view.auditor:
        return [
            context("You are an auditor: `/cs audit search` finds entries, `/cs audit verify` proves them.")
        ]
    return actions([button("Request a change…", "change.open", view.request, says="Open the request form")])


def _incidents(view: HomeView, now: datetime) -> list[Block]:
    """Return the open incidents with their age and next update; nothing while all is calm."""
    if not view.incidents:
        return []
    rows = [incident_row(each, now) for each in view.incidents[:_SHOWN]]
    more = _more(len(view.incidents), "`/cs incident list` shows all.")
    return [header("Active incidents"), *rows, *more, divider()]


def _changes(
    title: str, views: Sequence[ChangeView], none: str, user: str = "", *, asked: bool = False
) -> list[Block]:
    rows = [_row(view, user) if asked else row(view) for view in views[:_SHOWN]] or [section(none)]
    return [header(title), *rows, *_more(len(views), "`/cs approvals` and `/cs change list` show all.")]


def _more(found: int, where: str) -> list[Block]:
    return [context(f"{found - _SHOWN} more. {where}")] if found > _SHOWN else []


def _row(view: ChangeView, user: str) -> Block:
    """Return a change in a row, with the button of what is asked; a review is asked of nobody who owns it."""
    name = {ChangeState.PENDING_APPROVAL: "decide", ChangeState.AWAITING_ATTESTATION: "attest_asked"}
    button_name = name.get(view.change.state)
    if user and user != view.change.request.owner and is_unreviewed(view.change):
        button_name = "review"
    return row(view) if button_name is None else {**row(view), "accessory": card_button(view, button_name)}


def _owned(each: Owned, now: datetime) -> Block:
    seen = f" · seen {ago(each.seen_at, now)}" if each.seen_at else ""
    word = f"look at it :warning:\n{chr(10).join(f'• {escape(hint, 300)}' for hint in each.hints)}"
    good = "as it should be :white_check_mark:" if each.seen_at else "not seen yet"
    return section(
        f"*{escape(one_line(each.alias), 100)}* · {escape(each.state, 300)}{seen}\n{word if each.hints else good}"
    )


def _freezes(freezes: Sequence[Freeze]) -> list[Block]:
    if not freezes:
        return [section("*No freeze* in the next 7 days.")]
    lines = [
        f"• {escape(one_line(each.name), 100)}: {when(each.start)} to {when(each.end)} "
        f"({escape(', '.join(each.targets), 200)})"
        for each in sorted(freezes, key=lambda each: (each.start, each.name))[:_SHOWN]
    ]
    return [section("\n".join(["*Freezes of the next 7 days*", *lines])), *_more(len(freezes), "")]


def _trail(view: HomeView, now: datetime) -> str:
    if view.trail is None:
        return "The audit trail was not verified since the start; `/cs audit verify` does it now."
    holds, at = view.trail
    word = "holds" if holds else "does not hold: every change is stopped"
    return f"The audit trail {word}; verified {ago(at, now)}."
