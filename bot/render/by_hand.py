"""The same by hand: the `az` commands behind facts, short enough to read, whole enough to paste."""

import re
from collections.abc import Iterable

from bot.domain.az_command import apart
from bot.domain.evidence import Fact
from bot.ports.slack import Block
from bot.render.blocks import PREFORMATTED, context, preformatted, rich_line, rich_text
from bot.render.texts import count, escape, one_line, units

_BOXES = 4
_SUBSCRIPTION = re.compile(r"(?:/subscriptions/|--subscription )([0-9A-Za-z-]{36})\b")
_ACCOUNT = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/[^/\s]+/accounts/[^/\s\"]+")
_METRICS = re.compile(r"(?<= --metrics )\S+")


def by_hand(commands: Iterable[str]) -> list[Block]:
    """Return the commands in fixed-width boxes: what repeats is a shell variable, metrics alike are one call.

    What four boxes do not hold is counted, with the place that has it.
    """
    lines = _joined(dict.fromkeys(one_line(each) for line in commands if line for each in apart(line)))
    if not lines:
        return []
    boxes = _boxed(_shortened(lines))
    left = sum(len(box) for box in boxes[_BOXES:])
    more = f"{count(left, 'more command')} in the pack: evidence <target>" if left else ""
    shown = [preformatted("\n".join(box)) for box in boxes[:_BOXES]]
    return [rich_text(rich_line("The same by hand", bold=True), *shown, *([rich_line(more)] if more else []))]


def own_words(facts: Iterable[Fact]) -> list[Block]:
    """Return one line that names the facts no command shows, each place with what it says."""
    places: dict[str, list[str]] = {}
    for fact in facts:
        if fact.source and not fact.az:
            places.setdefault(one_line(fact.source), []).append(one_line(fact.name))
    if not places:
        return []
    said = "; ".join(f"{place}: {', '.join(dict.fromkeys(names))}" for place, names in places.items())
    return [context(f"*Not shown by any command* · {escape(said, 1600)}")]


def _joined(commands: Iterable[str]) -> list[str]:
    """Return the commands with those that differ in their metric only made one."""
    metrics: dict[str, list[str]] = {}
    for command in commands:
        found = _METRICS.search(command)
        metrics.setdefault(_METRICS.sub("{}", command, count=1), []).extend([found[0]] if found else [])
    return [alike.replace("{}", " ".join(names), 1) if names else alike for alike, names in metrics.items()]


def _boxed(lines: list[str]) -> list[list[str]]:
    """Return the lines in boxes that Slack takes whole."""
    boxes: list[list[str]] = []
    room = 0
    for line in lines:
        room -= units(line) + 1
        if not boxes or room < 0:
            boxes.append([])
            room = PREFORMATTED - units(line) - 1
        boxes[-1].append(line)
    return boxes


def _shortened(lines: list[str]) -> list[str]:
    """Return the lines with their subscription and account as shell variables set above them."""
    text = "\n".join(lines)
    variables = []
    for name, pattern, group in (("SUB", _SUBSCRIPTION, 1), ("ID", _ACCOUNT, 0)):
        found = pattern.search(text)
        if found is not None:
            variables.append(f"{name}={found[group]}")
            text = text.replace(found[group], f"${name}")
    return [*variables, *text.splitlines()]
