"""The first act: one change, from the question to the owner's word that it did what it should."""

import re
from typing import Any

from sandbox.story.deeds import ALICE, BOB, CAROL, OLIVIA, Wish, confirm, open_form, review, sent
from sandbox.story.reading import buttons, facts, inputs, typed, words
from sandbox.story.stage import MissedError, Stage

Json = Any
VERDICTS = ("better", "same", "worse")
WISH = Wish(150, "OPS-2231", "Tickets wait: calls are throttled (HTTP 429) at busy hours.", 120)


async def evidence(stage: Stage) -> None:
    """Alice looks."""
    live = await stage.azure.deployment()
    await stage.types(ALICE, "/cs status triage-prod")
    seen = await stage.sees(
        ALICE,
        "the evidence of triage-prod",
        lambda each: {"Capacity", "HTTP 429", "Left"} <= facts(each).keys(),
    )
    said = facts(seen)
    shown = " · ".join(f"{name} {value}" for name, value in said.items())
    capacity, policy = live["sku"]["capacity"], live["properties"]["raiPolicyName"]
    stage.proves(
        f"Capacity {capacity} and content filter {policy}, as Azure has them",
        said["Capacity"].split(" ")[0] == str(capacity) and said.get("Policy") == policy,
        seen=shown,
    )
    stage.proves(
        f"{said.get('HTTP 429')} of calls throttled, {said.get('Left')} of quota left, with the commands behind it",
        re.fullmatch(r"[\d.]+ %", said.get("HTTP 429", "")) and re.match(r"\d+ units", said.get("Left", "")),
        seen=shown,
    )
    stage.proves(
        "Only Alice sees it, until she presses Share", seen["ephemeral_to"] == ALICE, seen="everybody"
    )


async def request(stage: Stage) -> Json:
    """Alice asks for a change; the card of it."""
    form = await open_form(stage, ALICE, show=True)
    stage.proves(
        "The form arrives filled in: capacity 120, owner Olivia Weber",
        (typed(form, "capacity"), typed(form, "owner")) == ("120", OLIVIA),
        seen=f"capacity {typed(form, 'capacity')}, owner {typed(form, 'owner')}",
    )
    answer = await stage.submits(ALICE, form, {**WISH.typed(), "rollback_plan": ""})
    errors = answer.get("errors", {})
    form = (await stage.slack.state(ALICE))["view"]
    stage.tells.modal(form, errors, brief=True)
    rollback = inputs(form)["rollback_plan"]["block_id"]
    stage.proves("Without a rollback plan nothing is sent", rollback in errors, seen=str(answer))
    answer = await stage.submits(ALICE, form, {"rollback_plan": WISH.typed()["rollback_plan"]})
    if not answer["ok"]:
        raise MissedError("the complete form to be accepted", str(answer["errors"]))
    change = await sent(stage, ALICE, show=True)
    card = await stage.card(BOB, change, "pending_approval")
    stage.tells.message(card)
    stage.proves(
        "The card shows the old and the new value, and asks for a decision",
        {"change.approve", "change.reject"} <= set(buttons(card)) and "120 → 150" in words(card),
        seen=words(card),
    )
    return card


async def own_request(stage: Stage, card: Json) -> None:
    """Alice tries to approve what she asked for."""
    await stage.presses(ALICE, card, "change.approve")
    seen = await stage.sees(ALICE, "a refusal", lambda each: each["ephemeral_to"] == ALICE)
    stage.proves(
        "Nobody approves their own request, and the refusal says who could",
        "your own request" in words(seen) and f"@{BOB}" in words(seen),
        seen=seen["text"],
    )


async def decision(stage: Stage, card: Json) -> Json:
    """Bob and Carol review at the same time; Bob is first. The approved card."""
    late = await review(stage, CAROL, card, "change.approve", show=False)
    stage.tells.aside("Her review form opens. She reads the plan and is called away.")
    form = await review(stage, BOB, card, "change.approve")
    stage.proves(
        "Before deciding Bob sees the plan and the live state, read again for him",
        "capacity 120" in facts(form).get("Live now", "") and "+ sku.capacity: 150" in words(form),
        seen=words(form),
    )
    await stage.submits(
        BOB, form, {"decision": "approve", "reason": "The throttling shows in my graphs too."}
    )
    approved = await stage.card(ALICE, card["metadata"]["event_payload"]["id"], "approved")
    stage.tells.message(approved, again=True)
    stage.proves(
        "One approval of one: approved, and nothing sent to Azure yet", not await stage.azure.writes()
    )
    answer = await stage.submits(CAROL, late, {"decision": "approve"})
    view = answer.get("view") or {"blocks": []}
    if answer.get("view"):
        stage.tells.modal(view)
    stage.proves(
        "Carol is told that Bob was first; her vote is not counted twice",
        f"already approved by @{BOB}" in words(view),
        seen=words(view) or str(answer),
    )
    await stage.closes(CAROL)
    return approved


async def execution(stage: Stage, card: Json) -> Json:
    """Alice applies the approved change; the card while it is watched."""
    await confirm(stage, ALICE, card, "change.apply", {}, show=True)
    running = await stage.card(ALICE, card["metadata"]["event_payload"]["id"], "verifying")
    stage.tells.message(running, again=True)
    capacity, writes = await stage.azure.capacity(), await stage.azure.writes()
    stage.proves("Azure now has capacity 150", capacity == 150, seen=f"capacity {capacity}")
    stage.proves(
        "Azure received exactly one write, a PATCH of the capacity, by the executor's identity",
        [(each["method"], each["body"]["sku"]["capacity"], "executor" in each["identity"]) for each in writes]
        == [("PATCH", 150, True)],
        seen=str(writes),
    )
    return running


async def validation(stage: Stage, card: Json) -> None:
    """Half an hour later: the verdict, and the owner's word."""
    change = card["metadata"]["event_payload"]["id"]
    await stage.later(31, OLIVIA)
    waiting = await stage.card(OLIVIA, change, "awaiting_attestation")
    stage.tells.message(waiting, again=True)
    said = facts(waiting)
    verdict = re.search(r"Validation: (\w+)", words(waiting))
    word, before, after = verdict[1] if verdict else "?", said.get("Before", ""), said.get("After", "")
    stage.proves(
        f"The verdict is “{word}”: {before} before, {after} after",
        word in VERDICTS and "%" in before and "%" in after,
        seen=words(waiting),
    )
    note = await stage.sees(
        OLIVIA, "a direct message to the owner", lambda each: each["channel"] == f"D{OLIVIA}"
    )
    stage.proves(
        f"Olivia, the owner, is told that {change} waits for her", change in note["text"], seen=note["text"]
    )
    await stage.presses(OLIVIA, waiting, "change.attest")
    closed = await stage.card(OLIVIA, change, "closed")
    stage.tells.message(closed, again=True)
    stage.proves(
        f"{change} is closed: applied, verified and attested",
        "change.attest" not in buttons(closed),
        seen=words(closed),
    )
