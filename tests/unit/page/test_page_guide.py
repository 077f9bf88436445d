"""The guide of the demo page: its chapters, its ticks, what its buttons do."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.unit.page.browsing import opened, until
from tests.unit.page.canned_slack import CannedSlack, message, plain

SCALING = "Pending approval: CHG-1, scale triage-prod, capacity 120 → 200 (production); 0 of 2 approvals."


def card(state: str) -> dict[str, Any]:
    """The metadata of a card of this state."""
    return {"event_type": "countersign.change", "event_payload": {"id": "CHG-1", "rev": 1, "state": state}}


def test_the_guide_fills_the_composer_switches_person_and_goes_away(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(
        message(
            "1.000001",
            SCALING,
            [
                {
                    "type": "actions",
                    "block_id": "a",
                    "elements": [
                        {
                            "type": "button",
                            "text": plain("Approve"),
                            "action_id": "change.approve",
                            "value": "1",
                        }
                    ],
                }
            ],
            metadata=card("pending_approval"),
        )
    )
    opened(page, "U0CAROL")
    page.locator('[data-step="1"]').click()
    expect(page.locator("#composer-input")).to_have_value("/cs status triage-prod")
    expect(page.locator('[data-act-as="U0ALICE"]')).to_have_attribute("aria-pressed", "true")
    page.locator('[data-step="3"]').click()
    expect(page.locator('[data-act-as="U0BOB"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-action-id="change.approve"]')).to_be_focused()
    page.locator('[data-step="6"]').click()
    until(page, lambda: slack.posted("/clock") == [{"advance_seconds": 1800}])
    page.get_by_role("button", name="Hide the guide").click()
    expect(page.locator('[data-panel="guide"]')).to_have_count(0)
    page.reload()
    expect(page.locator("#app[aria-busy]")).to_have_count(0)
    expect(page.locator('[data-panel="guide"]')).to_have_count(0)


def test_the_guide_ticks_what_happened_and_nothing_else(page: Page, slack: CannedSlack) -> None:
    opened(page)
    done = page.locator(".step.is-done")
    page.locator('[data-step="1"]').click()
    page.locator('[data-step="6"]').click()
    expect(done).to_have_count(0)
    slack.tell("message", message("1.000001", "Evidence EV-1 of triage-prod: all.", ephemeral_to="U0ALICE"))
    expect(done).to_have_count(1)
    voted = SCALING.replace("0 of 2", "1 of 2")
    slack.tell("message", message("1.000002", voted, metadata=card("pending_approval")))
    expect(done).to_have_count(3)
    slack.tell("message_changed", message("1.000002", SCALING, metadata=card("approved")))
    expect(done).to_have_count(4)
    expect(page.locator(".step.is-next [data-step]")).to_have_attribute("data-step", "5")


def test_a_chapter_that_is_finished_makes_room_for_the_next(page: Page, slack: CannedSlack) -> None:
    opened(page)
    chapter = page.locator("[data-chapter][aria-expanded=true]")
    expect(chapter).to_have_attribute("data-chapter", "1")
    slack.tell("message", message("1.000001", "Evidence EV-1 of triage-prod: all.", ephemeral_to="U0ALICE"))
    slack.tell("message", message("1.000002", SCALING, metadata=card("closed")))
    expect(page.locator(".step.is-done")).to_have_count(7)
    slack.tell("message", message("1.000003", "The audit trail holds.", ephemeral_to="U0ALICE"))
    expect(chapter).to_have_attribute("data-chapter", "2")
    page.locator('[data-chapter="1"]').click()
    expect(page.locator(".step.is-done")).to_have_count(8)
    page.locator('[data-act-as="U0BOB"]').click()
    expect(page.locator(".chapter.is-whole"), "what only Alice was told stays ticked").to_have_count(1)


def test_a_card_of_another_chapter_ticks_nothing_here(page: Page, slack: CannedSlack) -> None:
    emergency = [{"type": "section", "text": {"type": "mrkdwn", "text": "Emergency · emergency change"}}]
    slack.messages.append(message("1.000001", SCALING, emergency, metadata=card("approved")))
    opened(page)
    expect(page.locator(".step.is-done")).to_have_count(0)
    page.locator('[data-chapter="3"]').click()
    expect(page.locator(".step.is-done")).to_have_count(1)


def test_the_guide_types_its_example_into_the_form_it_asked_for(page: Page, slack: CannedSlack) -> None:
    asked = ["capacity:r1", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan"]
    text = {"type": "plain_text_input", "action_id": "text"}
    blocks = [{"type": "input", "block_id": each, "label": plain(each), "element": text} for each in asked]
    form = {"id": "V1", "type": "modal", "callback_id": "change.request", "title": plain("Ask")}
    opened(page)
    slack.tell("view", {"view": {**form, "submit": plain("Send"), "blocks": blocks}})
    page.locator("[data-view-example]").click()
    expect(page.locator("[data-input='capacity:r1'] input")).to_have_value("200")
    expect(page.locator("[data-view-submit]")).to_be_focused()
    slack.tell("view", {"view": {**form, "id": "V2", "submit": plain("Send"), "blocks": blocks[:2]}})
    expect(page.locator("[data-input]")).to_have_count(2)
    expect(page.locator("[data-view-example]")).to_have_count(0)
