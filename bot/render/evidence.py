"""Evidence for a person: what was seen, what could not be looked at, and how to look by hand."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.deployment import Target
from bot.domain.evidence import GONE, Evidence, SectionResult
from bot.ports.slack import Block, Message
from bot.render.blocks import (
    context,
    footer,
    header,
    rich_line,
    rich_list,
    rich_text,
    say,
    section,
)
from bot.render.by_hand import by_hand, own_words
from bot.render.facts import fact_blocks
from bot.render.look_buttons import AS_SEEN, look_buttons
from bot.render.texts import ago, code, count, escape, mention, one_line, shorten, when
from bot.render.texts import words as safe

_SECTIONS = 24
_FACTS = 20
_CHANGED = 8


def render_evidence(
    evidence: Evidence,
    *,
    target: Target | None,
    ref: str,
    now: datetime,
    share_value: str = "",
    changed: Sequence[str] | None = None,
) -> Message:
    """Return the evidence card; with `share_value` also its buttons, with `changed` what differs since."""
    blocks: list[Block] = [
        header(f"{_name(evidence)} · Deployment evidence"),
        section(_headline(evidence)),
        _where(evidence, target),
        *_since(changed),
    ]
    for result in evidence.sections[:_SECTIONS]:
        blocks += _section(result, tables=all(block["type"] != "table" for block in blocks))
    facts = [fact for each in evidence.sections for fact in each.facts]
    blocks += [*by_hand(fact.az for fact in facts), *own_words(facts)]
    blocks += look_buttons(share_value, shares=AS_SEEN)
    blocks.append(footer(ref, _rests_on(evidence, now)))
    return say(_sentence(evidence), blocks)


def render_compact(evidence: Evidence, *, target: Target | None, ref: str, now: datetime) -> Message:
    """Return the evidence in a few lines: one per section."""
    lines = [_line(result) for result in evidence.sections[:_SECTIONS]]
    blocks = [
        section(f"*{escape(_name(evidence), 120)}* · {_state(evidence)}\n" + "\n".join(lines)),
        _where(evidence, target),
        footer(ref, _rests_on(evidence, now)),
    ]
    return say(_sentence(evidence), blocks)


def render_skeleton(words: str, ref: str) -> Message:
    """Return what stands there while something is looked at."""
    said = safe(words, 600)
    return say(said, [section(f"{said} :hourglass_flowing_sand:"), footer(ref)])


def _name(evidence: Evidence) -> str:
    return one_line(evidence.alias) or evidence.ref.deployment


def _state(evidence: Evidence) -> str:
    if evidence.gone is not None:
        return _said(evidence, GONE, "State").capitalize()
    total, gaps = len(evidence.sections), len(evidence.gaps)
    if not evidence.is_complete:
        done = sum(1 for each in evidence.sections if not each.is_pending)
        return f"{done} of {count(total, 'section')} looked at so far"
    if not gaps:
        return f"{'All ' if total > 1 else ''}{count(total, 'section')} looked at"
    return f"{gaps} of {count(total, 'section')} could not be looked at"


def _headline(evidence: Evidence) -> str:
    """Return the state in one line: what it is, how big, how much of the traffic it refuses; gaps below."""
    state, sku, capacity = (_said(evidence, "configuration", name) for name in ("State", "SKU", "Capacity"))
    refused = _said(evidence, "traffic", "HTTP 429")
    size = ", ".join(filter(None, (sku, capacity)))
    parts = [
        f"*{state}*" if state else "",
        size,
        f"HTTP 429: {refused} of requests" if refused[:1].isdigit() else "",
    ]
    done = "warning" if evidence.gaps or evidence.gone else "white_check_mark"
    emoji = f":{done if evidence.is_complete else 'hourglass_flowing_sand'}:"
    looked = f"{_state(evidence)} {emoji}"
    known = " · ".join(filter(None, parts))
    return f"{known}\n{looked}" if known else f"*{_state(evidence)}* {emoji}"


def _said(evidence: Evidence, key: str, name: str) -> str:
    facts = (fact for each in evidence.sections if each.key == key for fact in each.facts)
    return next((escape(one_line(fact.words), 200) for fact in facts if fact.name == name), "")


def _sentence(evidence: Evidence) -> str:
    return (
        f"Evidence {evidence.id} of {escape(_name(evidence), 120)} in "
        f"{escape(one_line(evidence.ref.account.environment), 60)}: {_state(evidence).lower()}. Read-only."
    )


def _where(evidence: Evidence, target: Target | None) -> Block:
    account = evidence.ref.account
    owner = (
        f"Owner {mention(target.owner)}" if target is not None else "Not a target: it can be looked at only"
    )
    return context(
        "*Read-only*",
        f"{escape(one_line(account.environment), 60)} · {code(account.account, 80)} / "
        f"{code(evidence.ref.deployment, 80)} · {escape(one_line(account.location), 40)}",
        owner,
        f"Taken {when(evidence.taken_at)}{f' for {mention(evidence.asked_by)}' if evidence.asked_by else ''}",
    )


def _since(changed: Sequence[str] | None) -> list[Block]:
    if changed is None:
        return []
    if not changed:
        return [section("*Since the last look* · nothing changed")]
    lines = [shorten(one_line(each), 160) for each in changed[:_CHANGED]]
    more = [f"and {len(changed) - _CHANGED} more"] if len(changed) > _CHANGED else []
    return [rich_text(rich_line("Since the last look", bold=True), rich_list([*lines, *more]))]


def _section(result: SectionResult, *, tables: bool) -> list[Block]:
    title = escape(one_line(result.title), 200)
    if result.is_pending:
        return [section(f"*{title}* · still looking :hourglass_flowing_sand:")]
    if result.gap:
        return [section(f"*{title}* · could not be looked at: {safe(one_line(result.gap), 600)}")]
    if not result.facts:
        return [section(f"*{title}* · nothing to show")]
    return fact_blocks(title, result.facts[:_FACTS], tables=tables)


def _line(result: SectionResult) -> str:
    title = escape(one_line(result.title), 120)
    if result.gap:
        return f"• *{title}*: could not be looked at ({escape(one_line(result.gap), 160)})"
    facts = ", ".join(f"{one_line(fact.name)} {one_line(fact.words)}" for fact in result.facts[:6])
    return f"• *{title}*: {escape(facts, 240)}"


def _rests_on(evidence: Evidence, now: datetime) -> str:
    seen, digest = ago(evidence.taken_at, now), code(evidence.digest[:16] + "…")
    said = (
        f"Evidence {code(evidence.id)} · taken {seen} · sha256 {digest}",
        f"{count(evidence.redacted, 'value')} held back: not on the list of what may be shown"
        if evidence.redacted
        else "",
        evidence.strain,
    )
    return " · ".join(filter(None, said))
