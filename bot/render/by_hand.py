"""The same by hand: the `az` commands behind facts, short enough to read, whole enough to paste."""

import re
from collections.abc import Iterable

from bot.domain.evidence import Fact
from bot.ports.slack import Block
from bot.render.blocks import context, preformatted, rich_line, rich_text
from bot.render.texts import escape, one_line

_COMMANDS = 12
_SUBSCRIPTION = re.compile(r"(?:/subscriptions/|--subscription )([0-9A-Za-z-]{36})\b")
_ACCOUNT = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/[^/\s]+/accounts/[^/\s\"]+")
_METRICS = re.compile(r"(?<= --metrics )\S+")


def by_hand(commands: Iterable[str]) -> list[Block]:
    """Return the commands in a fixed-width box: what repeats is a shell variable, metrics alike are one call."""
    lines = _joined(dict.fromkeys(one_line(command) for command in commands if command))
    if not lines:
        return []
    text = "\n".join(_shortened(lines[:_COMMANDS]))
    return [rich_text(rich_line("The same by hand", bold=True), preformatted(text))]


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
