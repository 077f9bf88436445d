"""Freezes that people add in chat, beside those of the file: who may add, lift and override."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.configuration import Configuration, Freeze
from bot.domain.errors import InvalidInputError
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused


@dataclass(frozen=True)
class ChatFreeze:
    """A freeze added in chat; only chat lifts it. Lifted, it held until then."""

    number: int
    reason: str
    start: datetime
    end: datetime
    targets: frozenset[str]
    by: str
    at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None
    lifted_why: str = ""

    @property
    def id(self) -> str:
        """Return the id people see."""
        return f"FRZ-{self.number}"

    def as_freeze(self, override: tuple[str, ...]) -> Freeze:
        """Return it as the policy's rule knows freezes; `override` are the groups that may freeze."""
        end = self.end if self.lifted_at is None else min(self.end, self.lifted_at)
        return Freeze(self.id, self.start, end, tuple(sorted(self.targets)), override)


def freeze_number(text: str) -> int:
    """Return the number in `FRZ-3`, `frz-03` or `3`.

    Raises:
        InvalidInputError: the text names no freeze of the chat.
    """
    match = re.fullmatch(r"(?:frz-)?0*([1-9][0-9]{0,8})", text.strip().lower())
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not a freeze that was added in chat.",
            advice="Those are called FRZ-1, FRZ-2, …; see `freeze list`. "
            "What stands in countersign.toml is ended there.",
        )
    return int(match[1])


def may_freeze(person: Standing, configuration: Configuration, verb: str) -> Allowed | Refused:
    """Return whether a person may add or lift freezes in chat."""
    groups = configuration.freeze_groups
    rule = f"[workspace] freeze_groups: {', '.join(groups) or 'nobody'}"
    if not person.full_member:
        why = person.why_not or "you are not a full member of this workspace"
        return Refused(f"Not allowed: {why}.", rule)
    matched = person.groups & set(groups)
    return Allowed(matched) if matched else Refused(f"Not allowed: you may not {verb} a freeze.", rule)


def may_override(person: Standing, freezes: Iterable[Freeze]) -> bool:
    """Return whether a person may apply although these freezes hold: by each of them, not by one."""
    return person.full_member and all(person.groups & set(freeze.override) for freeze in freezes)


def freeze_words(freezes: Iterable[Freeze]) -> str:
    """Return which freezes hold and until when."""
    return " ".join(
        f"The freeze {freeze.name} holds until {freeze.end.astimezone(UTC):%d %b %Y %H:%M} UTC."
        for freeze in freezes
    )


def override_words(freezes: Iterable[Freeze]) -> str:
    """Return who may apply although these freezes hold."""
    said = [f"{freeze.name}: {', '.join(freeze.override) or 'nobody'}" for freeze in freezes]
    return f"override of {'; '.join(said)}"
