"""The journey of a change through `local-slack`, a Slack that nobody here wrote: the real bot, a simulated Azure.

local-slack binds every interface while these run (see tests/peers/program.py). It checks no block, keeps no
message metadata, has no user groups, and gives a modal a new id whenever it is updated; what it shows of a
change, text, buttons and modals, is what is asserted.
"""

from pathlib import Path

import pytest

from handlers.dialogs_decide import READING
from handlers.settings import Transport
from tests.peers.house import APPROVER, OPS, OWNER, REQUESTER, open_house
from tests.peers.workspace import Json, Workspace, buttons

ASKED = {
    "ticket": "OPS-2231",
    "reason": "429s at noon",
    "expected_cost": "none fixed",
    "validation_signal": "HTTP 429 below 5 %",
    "rollback_plan": "Set the capacity back to 120",
    "capacity": "150",
}
TRANSPORTS = pytest.mark.parametrize("transport", ["http", "socket"])


@TRANSPORTS
async def test_a_change_is_rejected_with_a_reason_and_another_is_approved(
    transport: Transport, local_slack: Path, tmp_path: Path
) -> None:
    async with open_house(local_slack, tmp_path, transport) as workspace:
        card = await _request(workspace, "CHG-1")
        await _reject(workspace, card)
        card = await _request(workspace, "CHG-2")
        await _approve(workspace, card)
        first = await workspace.message("Rejected: CHG-1", OPS)
        assert first["ts"] != card["ts"], "each change has its own card"
        if transport == "http":
            await _assert_every_request_was_answered(workspace)


@TRANSPORTS
async def test_the_requester_cannot_approve_what_they_asked_for(
    transport: Transport, local_slack: Path, tmp_path: Path
) -> None:
    async with open_house(local_slack, tmp_path, transport) as workspace:
        card = await _request(workspace, "CHG-1")
        await workspace.click(REQUESTER, card, "change.approve")
        refusal = await workspace.message("Not allowed: this is your own request", OPS, only_for=REQUESTER)
        assert f"<@{APPROVER}>" in refusal["text"], "it says who could"
        assert workspace.modals == []
        home = await workspace.open_home(APPROVER)
        assert "CHG-1" in str(home["blocks"]), "what waits for an approver is on their Home tab"


async def test_what_is_signed_with_another_secret_reaches_nobody(local_slack: Path, tmp_path: Path) -> None:
    async with open_house(local_slack, tmp_path, "http", signed_with="0" * 32) as workspace:
        await workspace.command(REQUESTER, OPS, "/cs", "help")
        assert await _answers(workspace) == ["HTTP 401"]
        assert workspace.messages[OPS] == []


async def _request(workspace: Workspace, change: str) -> Json:
    """Request a change by command and form; its card."""
    await workspace.command(REQUESTER, OPS, "/cs", "change request scale triage-prod")
    form = await workspace.modal("change.request")
    assert "capacity 120" in str(form["blocks"][0]), "the form shows what is live"
    await workspace.submit(REQUESTER, form, ASKED)
    await workspace.modal("change.sent")
    await workspace.close(REQUESTER)
    card = await workspace.message(f"Pending approval: {change}, scale triage-prod, capacity 120 → 150", OPS)
    assert {"change.approve", "change.reject"} <= {one["action_id"] for one in buttons(card)}
    assert f"<@{OWNER}>" in card["text"]
    return card


async def _reject(workspace: Workspace, card: Json) -> None:
    await workspace.click(APPROVER, card, "change.reject")
    review = await workspace.modal("change.decide", without=READING)
    await workspace.submit(APPROVER, review, {"reason": ""})
    wrong = await workspace.until("an error at the reason", lambda: next(iter(workspace.errors), None))
    assert wrong == {"reason": "Say why: the requester reads this."}
    assert workspace.modals, "the modal stays open"
    await workspace.submit(APPROVER, review, {"reason": "Not before the freeze ends"})
    await workspace.no_modal()
    decided = await workspace.message("Rejected: CHG-1", OPS)
    _assert_decided(decided, card)
    assert "Not before the freeze ends" in str(decided["blocks"])


async def _approve(workspace: Workspace, card: Json) -> None:
    await workspace.click(APPROVER, card, "change.approve")
    review = await workspace.modal("change.decide", without=READING)
    await workspace.submit(APPROVER, review, {})
    await workspace.no_modal()
    decided = await workspace.message("Approved: CHG-2", OPS)
    _assert_decided(decided, card)
    assert "1 of 1 approval" in decided["text"]
    assert f"<@{APPROVER}>" in str(decided["blocks"])


def _assert_decided(decided: Json, card: Json) -> None:
    assert decided["ts"] == card["ts"], "the card is edited in place"
    assert not {"change.approve", "change.reject"} & {one["action_id"] for one in buttons(decided)}


async def _assert_every_request_was_answered(workspace: Workspace) -> None:
    answers = await _answers(workspace)
    assert len(answers) == 9, "2 commands, 2 clicks, 5 submissions"
    assert set(answers) == {"HTTP 200"}


async def _answers(workspace: Workspace) -> list[str]:
    """Return how the bot answered local-slack's requests."""
    return [
        one["summary"]
        for one in await workspace.traffic()
        if one["direction"] == "from_bot" and one["summary"].startswith("HTTP ")
    ]
