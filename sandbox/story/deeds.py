"""What the people of the story do more than once: ask for a change, approve it, apply it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.story.reading import words
from sandbox.story.stage import MissedError, Stage

Json = Any
ALICE, BOB, CAROL, OLIVIA = "U0ALICE", "U0BOB", "U0CAROL", "U0OWNER"
ASK = "/cs change request scale triage-prod"


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, in the words they type."""

    capacity: int
    ticket: str
    reason: str
    back: int

    def typed(self) -> Mapping[str, str]:
        """The form as it is filled in."""
        return {
            "capacity": str(self.capacity),
            "owner": OLIVIA,
            "ticket": self.ticket,
            "reason": self.reason,
            "expected_cost": "No fixed cost; tokens as used",
            "validation_signal": "HTTP 429 below 5 % for 30 minutes",
            "rollback_plan": f"Set the capacity back to {self.back}.\nTell #ml-ops.",
        }

    def new(self) -> Mapping[str, str]:
        """What is worth telling of it."""
        typed = self.typed()
        return {name: typed[name] for name in ("capacity", "ticket", "reason")}


async def open_form(stage: Stage, user: str, *, show: bool = False) -> Json:
    """Type the command, and wait for the form with what is live in it."""
    await stage.types(user, ASK)
    if not show:
        stage.tells.aside("The form opens, filled in with what is live.")
    return await stage.modal(
        user,
        "the request form, filled in with what is live",
        lambda view: view["callback_id"] == "change.request" and "Live now" in words(view),
        show=show,
    )


async def fill_in(stage: Stage, user: str, form: Json, wish: Wish) -> None:
    """Submit the form; only what is new about the wish is told."""
    fields = wish.typed()
    labels = {"capacity": "New capacity", "ticket": "Ticket", "reason": "Reason"}
    answer = await stage.submits(user, form, fields, tells=False)
    stage.tells.filled([(labels[name], text) for name, text in wish.new().items()])
    if not answer["ok"]:
        raise MissedError("the form to be accepted", str(answer["errors"]))


async def sent(stage: Stage, user: str, *, show: bool = False) -> str:
    """Wait until every check is green; the id of the change."""
    view = await stage.modal(
        user, "every check to be green", lambda view: view["callback_id"] == "change.sent", show=show
    )
    await stage.closes(user)
    return str(view["title"]["text"]).split(" ")[0]


async def ask(stage: Stage, user: str, wish: Wish) -> Json:
    """Ask for a change from the command to the card."""
    form = await open_form(stage, user)
    await fill_in(stage, user, form, wish)
    change = await sent(stage, user)
    card = await stage.card(BOB, change, "pending_approval")
    stage.tells.glance(card)
    return card


async def review(stage: Stage, user: str, card: Json, button: str, *, show: bool = True) -> Json:
    """Press Approve or Reject, and wait for the review form with the live state in it."""
    await stage.presses(user, card, button)
    return await stage.modal(
        user,
        "the review form, with the live state read again",
        lambda view: view["callback_id"] == "change.decide" and "Reading the live" not in words(view),
        show=show,
    )


async def approve(stage: Stage, user: str, card: Json, reason: str) -> Json:
    """Approve a change in two clicks; its card then."""
    change = card["metadata"]["event_payload"]["id"]
    form = await review(stage, user, card, "change.approve", show=False)
    await stage.submits(user, form, {"decision": "approve", "reason": reason})
    approved = await stage.card(user, change, "approved")
    stage.tells.message(approved, again=True)
    return approved


async def confirm(
    stage: Stage, user: str, card: Json, action: str, typed: Mapping[str, str], *, show: bool
) -> None:
    """Press a button and confirm it in its modal."""
    await stage.presses(user, card, action)
    wanted = f"{action}.confirm"
    view = await stage.modal(
        user, f"the modal {wanted}", lambda view: view["callback_id"] == wanted, show=show
    )
    answer = await stage.submits(user, view, typed)
    if not answer["ok"] or answer.get("view"):
        raise MissedError(
            "the confirmation to be accepted", str(answer.get("errors") or words(answer["view"]))
        )
