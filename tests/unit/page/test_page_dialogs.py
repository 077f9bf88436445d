"""Buttons, menus, confirm questions and modals of the demo page."""

from playwright.sync_api import Page, expect

from tests.unit.page import samples
from tests.unit.page.browsing import opened, until
from tests.unit.page.canned_slack import CannedSlack, message, plain


def test_a_button_waits_for_the_answer_and_sends_its_ids(page: Page, slack: CannedSlack) -> None:
    slack.answers["/ui/action"] = {"ok": True, "held": True}
    slack.messages.append(message("1.000001", "card", samples.message_blocks()))
    button = opened(page).locator('[data-action-id="go"]')
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.click()
    slack.release.set()
    expect(button).not_to_have_attribute("aria-busy", "true")
    expected = {
        "user": "U0ALICE",
        "channel": "C0OPS",
        "ts": "1.000001",
        "block_id": "acts",
        "action_id": "go",
        "value": "1",
    }
    assert slack.posted("/ui/action") == [expected]


def test_a_refused_click_is_said_in_words(page: Page, slack: CannedSlack) -> None:
    slack.answers["/ui/action"] = {"ok": False, "error": "no_such_element"}
    slack.messages.append(message("1.000001", "card", samples.message_blocks()))
    opened(page).locator('[data-action-id="go"]').click()
    expect(page.locator('[data-toast="error"]')).to_contain_text("Look at the card as it is now.")


def test_a_confirm_dialog_comes_first_and_can_be_left(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "card", samples.message_blocks()))
    stop = opened(page).locator('[data-action-id="stop"]')
    stop.click()
    page.locator('[data-confirm="deny"]').click()
    expect(stop).to_be_focused()
    stop.click()
    page.keyboard.press("Escape")
    assert slack.posted("/ui/action") == []
    stop.click()
    page.locator('[data-confirm="confirm"]').click()
    until(page, lambda: [a["action_id"] for a in slack.posted("/ui/action")] == ["stop"])


def test_selects_and_overflow_menus_send_what_was_chosen(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "card", samples.message_blocks()))
    opened(page).locator('select[data-action-id="pick"]').select_option("model")
    page.locator('select[data-action-id="who"]').select_option("U0CAROL")
    page.locator('[data-action-id="more"]').click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, lambda: len(slack.posted("/ui/action")) == 3)
    sent = {a["action_id"]: a for a in slack.posted("/ui/action")}
    assert sent["pick"]["selected_option"]["value"] == "model"
    assert sent["who"]["selected_user"] == "U0CAROL"
    assert sent["more"]["selected_option"]["value"] == "model"


def test_a_modal_keeps_its_values_beside_its_errors_and_then_closes(page: Page, slack: CannedSlack) -> None:
    slack.view = samples.modal()
    slack.answers["/ui/submit"] = {"ok": False, "errors": {"reason": "Say why.", "capacity": "At most 240."}}
    dialog = opened(page).locator("dialog")
    expect(dialog.locator('[data-block-id="reason"] textarea')).to_be_focused()
    dialog.get_by_label("Reason").fill("429s since nine")
    dialog.get_by_label("Capacity", exact=True).first.fill("999")
    dialog.get_by_label("Kind").select_option("capacity")
    dialog.get_by_role("radiogroup").get_by_label("Filter").check()
    dialog.get_by_role("button", name="Ask").click()
    expect(dialog.locator('[data-input="reason"] .error')).to_have_text("Say why.")
    expect(dialog.locator('[data-input="capacity"] .error')).to_have_text("At most 240.")
    expect(dialog.locator('[data-input="ticket"] .error')).to_be_hidden()
    expect(dialog.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Reason")).to_have_value("429s since nine")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    slack.answers["/ui/submit"] = {"ok": True, "view": None}
    dialog.get_by_role("button", name="Ask").click()
    expect(dialog).to_have_count(0)
    first, second = slack.posted("/ui/submit")
    assert first == second
    values = first["values"]
    assert values["reason"] == {"value": "429s since nine"}
    assert values["kind"] == {"value": "capacity"}
    assert values["choice"] == {"choice": "filter"}
    assert values["owner"] == {"user": "U0OWNER"}
    assert values["day"] == {"value": {"type": "datepicker", "selected_date": "2026-11-24"}}
    assert values["hour"] == {"value": {"type": "timepicker", "selected_time": "09:30"}}
    assert values["moment"] == {"value": {"type": "datetimepicker", "selected_date_time": 1795340460}}
    assert values["flags"] == {"value": {"type": "checkboxes", "selected_options": []}}


def test_a_failure_is_said_above_an_open_modal_and_once(page: Page, slack: CannedSlack) -> None:
    slack.view = samples.modal()
    slack.answers["/ui/submit"] = {"ok": False, "error": "operation_timeout", "held": True}
    dialog = opened(page).locator("dialog")
    dialog.get_by_role("button", name="Ask").click()
    slack.tell("notice", {"text": "We had some trouble connecting. Try again?"})
    expect(page.locator("[data-toast]")).to_have_text("We had some trouble connecting. Try again?")
    slack.release.set()
    expect(dialog.get_by_role("button", name="Ask")).not_to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(400)
    expect(page.locator("[data-toast]")).to_have_count(1)
    expect(dialog).to_be_visible()
    assert page.locator("[data-toast]").evaluate("n => n.parentElement.matches(':popover-open')")


def test_an_updated_modal_keeps_what_was_typed(page: Page, slack: CannedSlack) -> None:
    slack.view = samples.modal()
    dialog = opened(page).locator("dialog")
    dialog.get_by_label("Reason").fill("typed before the update")
    changed = samples.modal()
    changed["blocks"].append({"type": "section", "block_id": "new", "text": plain("A new line")})
    slack.tell("view", {"view": changed})
    expect(dialog.get_by_text("A new line")).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_have_value("typed before the update")
    expect(dialog.get_by_label("Reason")).to_be_focused()


def test_tab_stays_in_the_modal_and_escape_closes_it(page: Page, slack: CannedSlack) -> None:
    slack.view = samples.modal()
    opened(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    until(page, lambda: slack.posted("/ui/close") == [{"user": "U0ALICE", "view_id": "V1"}])
    expect(page.locator("#composer-input")).to_be_focused()
