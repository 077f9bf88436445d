"""Evidence for a person: what was seen, what could not be looked at, and how to look by hand."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.deployment import Target
from bot.domain.evidence import Evidence, Fact, SectionResult
from bot.ports.slack import Block, Message
from bot.render.blocks import (
    actions,
    button,
    context,
    divider,
    fields,
    footer,
    header,
    preformatted,
    rich_line,
    rich_text,
    say,
    section,
)
from bot.render.texts import age, code, count, escape, mention, one_line, when
from bot.render.texts import words as safe

_SECTIONS = 12
_FACTS = 20
_COMMANDS = 12


def render_evidence(
    evidence: Evidence, *, target: Target | None, ref: str, now: datetime, share_value: str = ""
) -> Message:
    """Return the evidence card; with `share_value` also the buttons that share and refresh it."""
    blocks: list[Block] = [header(f"{_name(evidence)} · Deployment evidence"), _where(evidence, target)]
    blocks.append(section(f"*{_state(evidence)}* :{'warning' if evidence.gaps else 'white_check_mark'}:"))
    for result in evidence.sections[:_SECTIONS]:
        blocks += [divider(), *_section(result)]
    blocks += [divider(), *_by_hand(evidence.sections)]
    blocks += actions(_buttons(share_value))
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
    total, gaps = len(evidence.sections), len(evidence.gaps)
    if not gaps:
        return f"All {count(total, 'section')} looked at"
    return f"{gaps} of {count(total, 'section')} could not be looked at"


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
        f"Taken {when(evidence.taken_at)}",
    )


def _section(result: SectionResult) -> list[Block]:
    title = escape(one_line(result.title), 200)
    if result.gap:
        return [section(f"*{title}* · could not be looked at: {safe(one_line(result.gap), 600)}")]
    if not result.facts:
        return [section(f"*{title}* · nothing to show")]
    pairs = [(escape(one_line(fact.name), 200), _value(fact)) for fact in result.facts[:_FACTS]]
    first, *others = fields(pairs)
    return [{**section(f"*{title}*"), "fields": first["fields"]}, *others]


def _value(fact: Fact) -> str:
    return escape(one_line(fact.words), 800)


def _line(result: SectionResult) -> str:
    title = escape(one_line(result.title), 120)
    if result.gap:
        return f"• *{title}*: could not be looked at ({escape(one_line(result.gap), 160)})"
    facts = ", ".join(f"{one_line(fact.name)} {one_line(fact.words)}" for fact in result.facts[:6])
    return f"• *{title}*: {escape(facts, 240)}"


def _by_hand(sections: Sequence[SectionResult]) -> list[Block]:
    commands = list(dict.fromkeys(one_line(fact.az) for each in sections for fact in each.facts if fact.az))
    if not commands:
        return []
    return [
        rich_text(rich_line("The same by hand", bold=True), preformatted("\n".join(commands[:_COMMANDS])))
    ]


def _buttons(share_value: str) -> list[Block]:
    if not share_value:
        return []
    return [
        button("Share", "evidence.share", share_value, style="primary", says="Share it in this channel"),
        button("Refresh", "evidence.refresh", share_value, says="Look again, read-only"),
    ]


def _rests_on(evidence: Evidence, now: datetime) -> str:
    seen = age(evidence.taken_at, now)
    ago = seen if seen == "just now" else f"{seen} ago"
    return f"Evidence {code(evidence.id)} · taken {ago} · sha256 {code(evidence.digest[:16] + '…')}"
