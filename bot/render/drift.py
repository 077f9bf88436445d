"""Drift for a person: what differs from what was declared, who can have changed it, and what is excepted."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain.az_command import activity_list, deployment_show
from bot.domain.baseline import DriftException
from bot.domain.drift import Expected, Source
from bot.domain.field_names import field_words
from bot.domain.origin import Origin
from bot.ports.slack import Block, Message
from bot.render.blocks import button, context, footer, header, say, section
from bot.render.by_hand import by_hand
from bot.render.look_buttons import look_buttons
from bot.render.texts import code, count, escape, is_user, mention, one_line, when
from bot.render.texts import words as safe
from bot.usecases.find_drift import HISTORY, Drift, Line

_LINES = 15
_EXCEPTIONS = 5
_SOURCES: Mapping[Source, str] = {
    Source.IAC: "Template",
    Source.RUNBOOK: "Runbook",
    Source.POLICY: "Policy rule",
    Source.APP: "Application",
    Source.SNAPSHOT: "Baseline",
}


def render_drift(drift: Drift, *, ref: str, share_value: str = "") -> Message:
    """Return the drift of one target in full; with `share_value` also the buttons that share and refresh it."""
    alias = one_line(drift.target.alias)
    grouped = _by_field(drift.open)
    blocks: list[Block] = [
        header(f"{alias} · Drift"),
        section(_headline(drift)),
        _where(drift),
        *[_difference(lines) for lines in grouped[:_LINES]],
        *_excepted(drift, with_buttons=bool(share_value)),
        *_not_compared(drift),
        *by_hand(_commands(drift)),
        *look_buttons(share_value),
    ]
    more = f"{len(grouped) - _LINES} more are not shown." if len(grouped) > _LINES else ""
    example = f"drift except {alias} {grouped[0][0].difference.name}" if grouped else ""
    hint = f"{code(example, 120)} asks for an exception with an owner and an end." if example else ""
    blocks.append(footer(ref, more, hint))
    return say(f"Drift of {escape(alias, 120)}: {_state(drift).lower()}.", blocks)


def render_drifts(
    drifts: Sequence[Drift | str], *, now: datetime, ref: str, share_value: str = ""
) -> Message:
    """Return a line or two for each target; a text is why one could not be looked at."""
    found = [each for each in drifts if isinstance(each, Drift)]
    adrift = [each for each in found if each.open]
    unread = len(drifts) - len(found)
    beside = f", {unread} could not be read" if unread else ""
    state = f"{len(adrift)} of {count(len(drifts), 'target')} {_differ(adrift)} from what is declared{beside}"
    emoji = "warning" if adrift or unread else "white_check_mark"
    lines = [
        _line_of(each) if isinstance(each, Drift) else f"• {safe(one_line(each), 400)}" for each in drifts
    ]
    chunks = [section("\n".join(lines[start : start + 6])) for start in range(0, min(len(lines), 60), 6)]
    return say(
        f"Drift: {state}.",
        [
            header("Targets · Drift"),
            context("*Read-only*", f"Taken {when(now)}"),
            section(f"*{state}* :{emoji}:"),
            *chunks,
            *by_hand(command for each in found for command in _commands(each)),
            *look_buttons(share_value),
            footer(ref, f"{code('drift <target>')} says who and when."),
        ],
    )


def _differ(what: Sequence[object]) -> str:
    return "differs" if len(what) == 1 else "differ"


def _state(drift: Drift) -> str:
    if not drift.compared:
        return "Nothing could be compared" if drift.gaps else "Nothing is declared"
    differ = len(_by_field(drift.open))
    if not differ:
        return "As declared"
    return f"{count(differ, 'field')} {_differ(_by_field(drift.open))} from what is declared"


def _headline(drift: Drift) -> str:
    fine = drift.compared and not drift.open and not drift.gaps
    against = ", ".join(_SOURCES[source].lower() for source in drift.compared)
    compared = f"\nCompared with: {against}" if against else ""
    return f"*{_state(drift)}* :{'white_check_mark' if fine else 'warning'}:{compared}"


def _where(drift: Drift) -> Block:
    account = drift.target.ref.account
    return context(
        "*Read-only*",
        f"{escape(one_line(account.environment), 60)} · {code(account.account, 80)} / "
        f"{code(drift.target.ref.deployment, 80)}",
        f"Owner {mention(drift.target.owner)}",
        f"Taken {when(drift.at)}",
    )


def _by_field(lines: Sequence[Line]) -> list[list[Line]]:
    return [list(group) for _, group in groupby(lines, key=lambda line: line.difference.key)]


def _difference(lines: Sequence[Line]) -> Block:
    """Return one field: what is live, what each source wants, and who can have changed it."""
    first = lines[0]
    title = escape(field_words(first.difference.expected.field), 100)
    wants = [_wants(line.difference.expected) for line in lines[:6]]
    shown = [
        f"*{title}* · live {code(first.difference.live_words, 120)}",
        *wants,
        _behind(first),
        *([_lapsed(first.lapsed)] if first.lapsed else []),
    ]
    return section("\n".join(shown))


def _wants(expected: Expected) -> str:
    where = escape(one_line(expected.where), 160)
    name = _SOURCES[expected.source]
    beside = "" if where.lower() == name.lower() else f" ({where})"
    return f"{name} wants {code(expected.words, 160)}{beside}"


def _behind(line: Line) -> str:
    origin = line.origin
    if origin.change:
        return _by_change(origin)
    if origin.fits:
        last = when(origin.fits[0].at)
        return (
            f"Unknown who: {count(len(origin.fits), 'write')} of several people fit equally, the last {last}"
        )
    if origin.entry is None:
        since = f" It was so {when(origin.unchanged_since)} already." if origin.unchanged_since else ""
        return f"No write in the activity log explains it.{since}"
    who = mention(line.who) if is_user(line.who) else code(line.who, 80)
    others = f"; {count(origin.others, 'earlier write')} of theirs could have, too" if origin.others else ""
    return f"Last written {when(origin.entry.at)} by {who}{others}"


def _by_change(origin: Origin) -> str:
    change = f"{escape(origin.change, 20)}, requested by {mention(origin.requester)}"
    if origin.entry is None:
        return f"Set by {change}, as the deployment's tag says; the activity log does not show it yet"
    return f"Set {when(origin.entry.at)} by {change}"


def _lapsed(exception: DriftException) -> str:
    if exception.lifted_at is not None:
        lifted = f"lifted by {mention(exception.lifted_by)} {when(exception.lifted_at)}"
        return f"An exception of {mention(exception.owner)} was {lifted}"
    return f"An exception of {mention(exception.owner)} lapsed {when(exception.until)}"


def _excepted(drift: Drift, *, with_buttons: bool) -> list[Block]:
    """Return the exceptions in force, one a line, each with the button that lifts it."""
    if not drift.exceptions:
        return []
    differing = {line.difference.key for line in drift.silenced}
    shown = drift.exceptions[:_EXCEPTIONS]
    more = len(drift.exceptions) - len(shown)
    blocks = [section(f"*Excepted* · {count(len(drift.exceptions), 'exception')} in force")]
    for each in shown:
        words = "differs, and is silenced" if each.field in differing else "nothing differs now"
        line = section(
            f"• {escape(field_words(each.field), 100)} until {_day(each)}, owner {mention(each.owner)}, {words}: "
            f"{escape(one_line(each.reason), 200)}"
        )
        blocks += [line, _lift(each)] if with_buttons else [line]
    return [*blocks, *([context(f"{more} more are not shown.")] if more else [])]


def _lift(exception: DriftException) -> Block:
    value = json.dumps({"target": exception.target, "field": exception.field})
    says = f"Lift the exception of {field_words(exception.field)} of {exception.target}"
    lift = button("Lift…", "drift.lift", value, says=says)
    return {"type": "actions", "block_id": f"lift:{exception.number}", "elements": [lift]}


def _day(exception: DriftException) -> str:
    """Return the last day of an exception."""
    return f"{exception.until - timedelta(seconds=1):%d %b %Y}".lstrip("0")


def _not_compared(drift: Drift) -> list[Block]:
    unresolved = [
        f"• {escape(field_words(each.field), 100)} is {code(each.words, 200)} in "
        f"{escape(one_line(each.where), 160)}: only Azure can evaluate that"
        for each in drift.unresolved[:8]
    ]
    gaps = [f"• {safe(one_line(gap), 400)}" for gap in drift.gaps[:8]]
    lines = [*unresolved, *gaps]
    return [section("*Not compared*\n" + "\n".join(lines))] if lines else []


def _commands(drift: Drift) -> list[str]:
    """Return the commands that show what is live, and who wrote it where something differs."""
    history = [activity_list(drift.target.ref.account, drift.at - HISTORY)] if drift.lines else []
    return [deployment_show(drift.target.ref), *history]


def _line_of(drift: Drift) -> str:
    fields = ", ".join(field_words(group[0].difference.expected.field) for group in _by_field(drift.open)[:6])
    named = f": {escape(fields, 300)}" if fields else ""
    silenced = f" · {len(drift.silenced)} excepted" if drift.silenced else ""
    gaps = " · not everything could be read" if drift.gaps else ""
    return f"• *{escape(one_line(drift.target.alias), 120)}* · {_state(drift)}{named}{silenced}{gaps}"
