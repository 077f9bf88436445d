"""What a change card shows, and the value its buttons carry."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.change import Change, Choice, Vote
from bot.domain.comment import Comment
from bot.domain.configuration import Freeze
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident
from bot.domain.incident_mode import NOT_HELD, Mode
from bot.domain.revision import Moved
from bot.render.texts import one_line

_VERBS = {
    "scale": "Scale",
    "deploy": "Deploy",
    "delete": "Delete",
    "swap-model": "Swap the model of",
    "change-sku": "Change the SKU of",
    "set-filter": "Change the content filter of",
    "set-upgrade": "Change the upgrade option of",
    "pause": "Pause",
    "resume": "Resume",
    "retag": "Change the tags of",
    "record-only": "Record a change of",
}


@dataclass(frozen=True)
class ChangeView:
    """A change with the words around it: votes on its revision, plan, rule and queue as phrases.

    `trail` is the change's newest audit entry with size and root of the trail, so that the card is an anchor, too.
    `moved` is what differs from the revision before, None where there is none on record; `lacking` is what the
    approvals still must bring beside their number. `mode` is what open incidents hold it by, `linked` those it
    belongs to.
    """

    change: Change
    votes: Sequence[Vote] = ()
    summary: str = ""
    rule_words: str = ""
    queue_note: str = ""
    comments: Sequence[Comment] = ()
    moved: Sequence[Moved] | None = None
    may_break_glass: bool = False
    freezes: Sequence[Freeze] = ()
    lacking: str = ""
    trail: str = ""
    mode: Mode = NOT_HELD
    linked: Sequence[Incident] = ()

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """Return the approvals, oldest first."""
        return tuple(vote for vote in self.votes if vote.choice is Choice.APPROVE)

    @property
    def is_elsewhere(self) -> bool:
        """Return whether another program applies the plan: nothing is sent from here."""
        return self.change.plan is not None and not self.change.plan.forward

    @property
    def action(self) -> str:
        """Return verb and object: `Scale triage-prod: capacity 120 → 150`."""
        kind = self.change.request.kind
        verb = _VERBS.get(kind, one_line(kind).replace("-", " ").capitalize())
        phrase = one_line(self.summary)
        return f"{verb} {one_line(self.change.request.target)}{f': {phrase}' if phrase else ''}"

    @property
    def title(self) -> str:
        """Return the change with verb and object, as headers say it."""
        return f"{self.change.id} · {self.action}"

    def said(self, key: str) -> str:
        """Return a word of the outcome, empty when there is none."""
        value = self.change.outcome.get(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class ButtonValue:
    """What a click says it is about; everything is re-read before it counts."""

    number: int
    revision: int
    digest: str


def button_value(change: Change) -> str:
    """Return the value of a change's buttons: id, revision and the first 12 digits of the plan digest."""
    value = {"v": 1, "id": change.id, "rev": change.revision, "pd": change.plan_digest[:12]}
    return json.dumps(value, separators=(",", ":"))


def read_button_value(text: str) -> ButtonValue:
    """Return what `button_value` wrote.

    Raises:
        InvalidInputError: it was written by something else, or by another version.
    """
    try:
        value = json.loads(text)
        number = re.fullmatch(r"CHG-([1-9][0-9]{0,8})", value["id"])
        if value["v"] == 1 and number and type(value["rev"]) is int and isinstance(value["pd"], str):
            return ButtonValue(int(number[1]), value["rev"], value["pd"])
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise InvalidInputError("This button is out of date.", advice="Ask for a fresh card: change show CHG-n.")
