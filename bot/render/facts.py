"""Facts of one section of evidence: compact pairs, or a table where there is something to compare with."""

import re
from collections.abc import Mapping, Sequence

from bot.domain.evidence import Fact
from bot.ports.slack import Block
from bot.render.blocks import FIELD, FIELDS, mrkdwn, section, table
from bot.render.texts import EMPTY, escape, one_line
from bot.render.texts import words as safe

_USUAL = ", usual"
_NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")
_NOTE = re.compile(r"\((.+)\)")


def fact_blocks(title: str, facts: Sequence[Fact], *, tables: bool) -> list[Block]:
    """Return the facts under their escaped title; beside their usual values as a table, if it may be one."""
    if tables and any(fact.name.endswith(_USUAL) for fact in facts):
        return _compared(title, facts)
    cells = [mrkdwn(f"*{escape(one_line(fact.name), 200)}:* {_value(fact)}", FIELD) for fact in facts]
    parts = [cells[start : start + FIELDS] for start in range(0, len(cells), FIELDS)]
    first, *others = [{"type": "section", "fields": part} for part in parts]
    return [{**section(f"*{title}*"), "fields": first["fields"]}, *others]


def _value(fact: Fact) -> str:
    """Return what a fact says; only in our own words is a person mentioned."""
    said = one_line(fact.words)
    return (safe(said, 800) if fact.source else escape(said, 800)) or EMPTY


def _compared(title: str, facts: Sequence[Fact]) -> list[Block]:
    usual = {fact.name.removesuffix(_USUAL): fact for fact in facts if fact.name.endswith(_USUAL)}
    rows = [_row(fact, usual) for fact in facts if not fact.name.endswith(_USUAL)]
    notes = dict.fromkeys(note[1] for fact in usual.values() if (note := _NOTE.search(fact.unit)))
    beside = f" · baseline: {escape(one_line('; '.join(notes)), 400)}" if notes else ""
    cells = [("Metric", "Now", "Baseline", "Change"), *rows]
    return [section(f"*{title}*{beside}"), table(cells, right=frozenset({1, 2, 3}))]


def _row(fact: Fact, usual: Mapping[str, Fact]) -> tuple[str, ...]:
    before = usual.get(fact.name)
    unit = "" if fact.unit.lower() == fact.name.lower() else fact.unit
    now = f"{fact.value} {unit}".strip()
    if before is None:
        return (fact.name, now, EMPTY, EMPTY)
    of = _NOTE.sub("", before.unit).strip()
    then = before.value if of.lower() == fact.name.lower() else f"{before.value} {of}".strip()
    return (fact.name, now, then, _change(fact.value, before.value))


def _change(now: str, before: str) -> str:
    """Return the difference in percent, a dash where one of the two is no number."""
    numbers = [float(text.replace(",", "")) for text in (now, before) if _NUMBER.fullmatch(text)]
    if len(numbers) < 2 or not numbers[1]:
        return EMPTY
    return f"{100 * (numbers[0] - numbers[1]) / numbers[1]:+.0f} %"
