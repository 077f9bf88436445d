"""Examples of the forms and messages of emergencies and freezes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.configuration import Freeze
from bot.domain.freeze import ChatFreeze
from bot.ports.slack import Message
from bot.render.freeze_forms import (
    render_freeze_add,
    render_freeze_lift,
    render_freeze_told,
    render_freezes,
)
from bot.render.glass_forms import (
    render_break_confirm,
    render_break_glass,
    render_glass_notice,
    render_glass_review,
)
from tests.golden.values import NOW, REF, VIEWS

CHAT = ChatFreeze(
    3, "The quarter ends <soon>.", NOW, NOW + timedelta(hours=2), frozenset({"*-prod"}), "U0DAN", NOW
)
LIFTED = replace(CHAT, lifted_by="U0BOB", lifted_at=NOW, lifted_why="Calm again.")
FILE = Freeze("year-end", NOW, NOW + timedelta(days=10), ("*",), ("security",))
SAID = {"v": 1, "id": "CHG-12", "rev": 3, "pd": "0", "reason": "It burns.", "incident": "INC-7"}
EMERGENCY_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "break_glass": partial(render_break_glass, VIEWS["pending_glass"], REF),
    "break_glass_confirm": partial(
        render_break_confirm, VIEWS["pending_glass"], SAID, ("U0BOB", "U0CAROL"), REF
    ),
    "glass_review": partial(render_glass_review, VIEWS["verifying_glass_lapsed"], REF),
    "glass_broken": partial(render_glass_notice, VIEWS["approved_glass"], "glass", REF),
    "glass_lapsed": partial(render_glass_notice, VIEWS["verifying_glass_lapsed"], "lapsed", REF),
    "glass_reviewed": partial(render_glass_notice, VIEWS["closed_glass"], "reviewed", REF),
    "freeze_add": partial(render_freeze_add, {"to": "4h"}, "Europe/Amsterdam", REF),
    "freeze_lift": partial(render_freeze_lift, CHAT, "calm", REF),
    "freeze_added": partial(render_freeze_told, CHAT, REF, is_lifted=False),
    "freeze_lifted": partial(render_freeze_told, LIFTED, REF, is_lifted=True),
    "freezes": partial(render_freezes, (FILE,), (CHAT,), REF),
    "freezes_none": partial(render_freezes, (), (), REF),
}
