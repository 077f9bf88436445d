"""The second act: what stops a change, what takes one back, and what proves it all."""

import re
from typing import Any

from sandbox.story.deeds import (
    ALICE,
    BOB,
    CAROL,
    OLIVIA,
    Wish,
    approve,
    ask,
    confirm,
    fill_in,
    open_form,
    review,
)
from sandbox.story.reading import change_of, inputs, words
from sandbox.story.stage import Stage

Json = Any


async def rejection(stage: Stage) -> None:
    """Carol says no, and has to say why."""
    card = await ask(stage, ALICE, Wish(170, "OPS-2240", "A little more headroom for Monday.", 150))
    change = change_of(card)[0]
    form = await open_form(stage, BOB)
    await fill_in(stage, BOB, form, Wish(180, "OPS-2241", "Headroom for the launch.", 150))
    again = await _red(stage, BOB)
    stage.proves(
        f"One change per deployment at a time: {change} comes first",
        change in words(again),
        seen=words(again),
    )
    await stage.closes(BOB)
    form = await review(stage, CAROL, card, "change.reject", show=False)
    answer = await stage.submits(CAROL, form, {"decision": "reject", "reason": ""})
    errors = answer.get("errors", {})
    form = (await stage.slack.state(CAROL))["view"] or form
    stage.tells.modal(form, errors, brief=True)
    stage.proves("A no needs a reason", inputs(form)["reason"]["block_id"] in errors, seen=str(answer))
    reason = "Wait for the verdict of two busy days first."
    await stage.submits(CAROL, form, {"decision": "reject", "reason": reason})
    rejected = await stage.card(ALICE, change, "rejected")
    stage.tells.message(rejected, again=True)
    stage.proves("The card says who rejected it and why", reason in words(rejected), seen=words(rejected))


async def drift(stage: Stage) -> None:
    """The live state moves after the approval."""
    card = await ask(stage, ALICE, Wish(180, "OPS-2252", "The launch doubles the tickets.", 150))
    change = change_of(card)[0]
    approved = await approve(stage, BOB, card, "Agreed for the launch.")
    before = len(await stage.azure.writes())
    await stage.azure.set_behind(160)
    stage.tells.happens("Somebody sets the capacity to 160 in the Azure portal, past everybody")
    await confirm(stage, ALICE, approved, "change.apply", {}, show=False)
    stopped = await stage.card(ALICE, change, "superseded")
    stage.tells.message(stopped, again=True)
    stage.proves(
        "The card names what moved: sku.capacity",
        "sku.capacity (150 → 160)" in words(stopped),
        seen=words(stopped),
    )
    capacity, writes = await stage.azure.capacity(), len(await stage.azure.writes())
    stage.proves(
        "Nothing was sent: what Bob approved is not what is there",
        (writes, capacity) == (before, 160),
        seen=f"{writes - before} writes, capacity {capacity}",
    )


async def rollback(stage: Stage) -> None:
    """A change is applied and taken back."""
    card = await ask(stage, ALICE, Wish(200, "OPS-2257", "The launch doubles the tickets.", 160))
    change = change_of(card)[0]
    approved = await approve(stage, CAROL, card, "On top of the 160 of today.")
    await confirm(stage, ALICE, approved, "change.apply", {}, show=False)
    running = await stage.card(ALICE, change, "verifying")
    stage.tells.message(running, again=True)
    raised, before = await stage.azure.capacity(), len(await stage.azure.writes())
    await confirm(stage, OLIVIA, running, "change.rollback", {}, show=True)
    back = await stage.card(ALICE, change, "rolled_back")
    stage.tells.message(back, again=True)
    capacity, sent = await stage.azure.capacity(), len(await stage.azure.writes()) - before
    stage.proves(
        "Azure went from 160 to 200, and back to 160 with one more write",
        (raised, capacity, sent) == (200, 160, 1),
        seen=f"capacity {raised}, then {capacity}, {sent} writes",
    )


async def withdrawal(stage: Stage) -> None:
    """Alice takes her own request back."""
    await stage.later(16, ALICE)  # until the change before is no longer observed
    card = await ask(stage, ALICE, Wish(190, "OPS-2260", "Perhaps a little more.", 160))
    reason = "The launch moved to next week."
    await confirm(stage, ALICE, card, "change.withdraw", {"reason": reason}, show=False)
    gone = await stage.card(BOB, change_of(card)[0], "withdrawn")
    stage.tells.message(gone, again=True)
    stage.proves(
        "Withdrawn, with her reason; nobody is asked any more", reason in words(gone), seen=words(gone)
    )


async def too_much(stage: Stage) -> None:
    """A wish that the region has no quota for."""
    cards = await _cards(stage)
    form = await open_form(stage, ALICE)
    await fill_in(stage, ALICE, form, Wish(400, "OPS-2263", "As much as we can get.", 160))
    again = await _red(stage, ALICE)
    stage.proves(
        "It is stopped by the quota, and the form says what would fit",
        re.search(r"Quota .* left and this needs 240 more.*at most \d+ more", words(again)),
        seen=words(again),
    )
    stage.proves("Nobody was asked: there is no card", await _cards(stage) == cards, seen="a new card")
    await stage.closes(ALICE)


async def mention(stage: Stage) -> None:
    """The same questions work as a mention."""
    await stage.types(CAROL, "@Countersign status")
    seen = await stage.sees(CAROL, "the status of all", lambda each: "serving" in words(each))
    stage.proves("Every deployment, with its live state", "Standard 160" in words(seen), seen=words(seen))


async def proof(stage: Stage) -> None:
    """Bob has the trail prove itself."""
    await stage.types(BOB, "/cs audit verify")
    seen = await stage.sees(BOB, "whether the trail holds", lambda each: "audit trail" in words(each).lower())
    entries = re.search(r"audit trail holds · ([\d,]+) entries", words(seen))
    stage.proves(
        f"The whole trail holds: {entries[1] if entries else '?'} entries, refusals included",
        entries,
        seen=seen["text"],
    )


async def _red(stage: Stage, user: str) -> Json:
    view = await stage.modal(
        user,
        "the form again, with the check that is red",
        lambda view: view["callback_id"] == "change.request" and "Not sent" in words(view),
        show=False,
    )
    stage.tells.modal({**view, "blocks": view["blocks"][:1]})
    return view


async def _cards(stage: Stage) -> set[str]:
    state = await stage.slack.state(ALICE)
    return {change_of(each)[0] for each in state["messages"]["C0OPS"]}
