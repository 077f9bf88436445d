"""What forms and modals hold when they open: from the archive and the live state, at the door's own functions."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.change import Choice, Tier
from bot.ports.slack import Block, Message
from handlers.dependencies import Dependencies
from handlers.dialogs_decide import Seen, open_decide
from handlers.shapes import Asked
from tests.fakes.house import BOB, CAROL, House, company


@dataclass
class Modals:
    """A messenger that keeps the modals it was asked to show, newest last."""

    shown: list[Block] = field(default_factory=list)

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Keep a modal."""
        self.shown.append(view)
        return "V1"

    async def update_view(self, view_id: str, view: Block) -> None:
        """Keep what it shows now."""
        self.shown.append(view)

    async def direct(self, user: str, message: Message) -> str:
        """Refuse to speak."""
        raise AssertionError(f"nobody was to be told: {user} {message.text}")


async def unasked() -> Any:
    raise AssertionError("the trail was not to be checked")


def door(house: House) -> tuple[Modals, Dependencies]:
    """Return a messenger and the dependencies of a door that speaks through it."""
    modals = Modals()
    return modals, Dependencies(house.desk, modals, house.readers, unasked)  # type: ignore[arg-type]


def asked(house: House, user: str) -> Asked:
    """Return somebody at a door that can open modals."""
    return Asked(house.caller(user), "C0OPS", "13.7")


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False)


async def test_who_has_voted_is_not_among_those_who_may_decide() -> None:
    usual = company()
    rule = usual.rules["production", Tier.NORMAL]
    house = House(replace(usual, rules={**usual.rules, ("production", Tier.NORMAL): replace(rule, quorum=2)}))
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    modals, deps = door(house)
    assert await open_decide(Seen(1), "approve", asked(house, CAROL), deps) is None
    who = next(words_of(each) for each in modals.shown[-1]["blocks"] if "Who may decide" in words_of(each))
    line = next(each for each in who.split('"') if "Who may decide" in each)
    assert f"<@{CAROL}>" in line
    assert f"<@{BOB}>" not in line
