"""The second act of the incident: the repair, whether it helped, and what is left of it."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sandbox.story.deeds import ALICE, BOB, CAROL, OLIVIA, Wish, approve, confirm, sent
from sandbox.story.incident_deeds import INCIDENT, incident_card, snapshot
from sandbox.story.reading import buttons, words
from sandbox.story.stage import OPS, Stage

Json = Any
MOST_LINES = 44
WISH = Wish(120, "OPS-3001", "Give back the capacity that was taken away.", 12)


async def repair(stage: Stage) -> str:
    """An emergency change from the incident: asked by Alice, approved by Carol, consented to by Bob, applied once."""
    await stage.types(ALICE, f"/cs change request scale triage-prod --from {INCIDENT}")
    form = await stage.modal(
        ALICE,
        "the request form, filled in from the incident",
        lambda view: view["callback_id"] == "change.request" and "Live now" in words(view),
        show=False,
    )
    typed = {name: text for name, text in WISH.typed().items() if name != "owner"}
    answer = await stage.submits(ALICE, form, typed, tells=False)
    stage.tells.filled([("New capacity", "120"), ("Reason", WISH.reason)])
    stage.proves("The form was filled in as an emergency of the incident", answer["ok"], seen=str(answer))
    change = await sent(stage, ALICE)
    card = await stage.card(CAROL, change, "pending_approval")
    stage.tells.message(card)
    stage.proves(
        "The card names the incident and says that its lead must consent",
        INCIDENT in words(card) and "consent" in words(card).lower(),
        seen=words(card),
    )
    approved = await approve(stage, CAROL, card, "The capacity of before, nothing new.")
    await _consent(stage, approved)
    await confirm(stage, ALICE, approved, "change.apply", {}, show=False)
    running = await stage.card(ALICE, change, "verifying")
    stage.tells.message(running, again=True)
    capacity, writes = await stage.azure.capacity(), await stage.azure.executed()
    stage.proves(
        "Capacity 120 again, by exactly one write of the executor's",
        (capacity, len(writes)) == (120, 1),
        seen=f"capacity {capacity}, {len(writes)} writes",
    )
    return change


async def _consent(stage: Stage, approved: Json) -> None:
    """Bob, who leads, is asked in a direct message, and agrees."""
    asked = await stage.message(
        BOB, "the question to the lead", lambda each: "incident.consent" in buttons(each)
    )
    stage.tells.message(asked)
    await confirm(stage, BOB, asked, "incident.consent", {}, show=True)
    told = await stage.message(BOB, "his consent on the card", lambda each: _agreed(each, approved["ts"]))
    stage.proves("The card says that the lead consented", "consented" in words(told), seen=words(told))


def _agreed(message: Json, ts: str) -> bool:
    return message["ts"] == ts and "has not consented" not in words(message)


async def relief(stage: Stage, change: str) -> None:
    """The snapshot of the repair, and a later one by the clock."""
    at_once = await snapshot(stage, BOB, 3)
    stage.tells.message(at_once)
    stage.proves(
        f"Applying {change} brought a snapshot of its own", change in words(at_once), seen=words(at_once)
    )
    await stage.later(31, OLIVIA)
    card = await stage.card(OLIVIA, change, "awaiting_attestation")
    await stage.presses(OLIVIA, card, "change.attest")
    await stage.card(OLIVIA, change, "closed")
    by_clock = await snapshot(stage, BOB, 4)
    stage.tells.message(by_clock)
    stage.proves("Time brings snapshots by itself", "by the timer" in words(by_clock), seen=words(by_clock))


async def resolution(stage: Stage, change: str) -> None:
    """Bob resolves; the review is a file."""
    card = await incident_card(stage, BOB)
    await stage.presses(BOB, card, "incident.resolve")
    form = await stage.modal(
        BOB, "the form that resolves", lambda view: view["callback_id"] == "incident.resolve"
    )
    await stage.submits(BOB, form, {"resolution": f"{change} gave the capacity back."})
    closed = await incident_card(stage, BOB, lambda each: "resolved" in words(each).lower())
    stage.tells.message(closed, again=True)
    await stage.types(BOB, f"/cs incident export {INCIDENT}", OPS)
    told = await stage.message(BOB, "the review as a file", lambda each: bool(each.get("files")))
    file = told["files"][0]
    stage.tells.happens(f"Bob opens {file['name']}")
    await _read(stage, await stage.slack.download(file["url_private_download"]), change)


async def _read(stage: Stage, content: bytes, change: str) -> None:
    """Read the review: what happened, in its Markdown, and what else is in the file."""
    with ZipFile(BytesIO(content)) as review:
        names = sorted(review.namelist())
        text = next(review.read(name).decode() for name in names if name.endswith(".md"))
    for line in text.splitlines()[:MOST_LINES]:
        stage.tells.quoted(line)
    kinds = {name.rpartition(".")[2] for name in names}
    stage.proves(
        f"One file with {len(names)} parts: Markdown, HTML and JSON, charts, snapshots, proofs",
        {"md", "html", "json", "png"} <= kinds,
        seen=", ".join(names),
    )
    stage.proves(
        f"It tells the story: the alert, the write that nobody approved, {change}, and who led",
        all(word in text for word in ("http-429 ", change, "NOT APPROVED", "U0BOB")),
        seen=text[:1500],
    )


async def proof(stage: Stage) -> None:
    """Bob has the trail prove itself."""
    await stage.types(BOB, "/cs audit verify")
    seen = await stage.sees(BOB, "whether the trail holds", lambda each: "audit trail" in words(each).lower())
    stage.proves(
        "The whole trail holds, the incident included", "trail holds" in words(seen), seen=words(seen)
    )
