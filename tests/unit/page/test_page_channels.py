"""Channels that come and go on the demo page: their bar, pins, reactions, and what is done with a message."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.unit.page.browsing import opened, until
from tests.unit.page.canned_slack import CannedSlack, message

MEMBERS = ["U0ALICE", "U0BOB", "U0COUNTERSIGN"]


def room(**more: Any) -> dict[str, Any]:
    """A channel of an incident, with whatever differs."""
    base = {"id": "C0INC", "name": "inc-7-slow", "kind": "channel", "topic": "SEV2", "members": MEMBERS}
    return base | {"bookmarks": [], "archived": False, "private": False} | more


def test_a_channel_one_is_invited_to_appears_with_what_was_said_there(page: Page, slack: CannedSlack) -> None:
    opened(page)
    expect(page.locator('[data-place="C0INC"]')).to_have_count(0)
    slack.rooms.append(room())
    slack.messages.append(message("1.000001", "The card.", channel="C0INC"))
    slack.tell("channel", room())
    page.locator('[data-place="C0INC"]').click()
    expect(page.locator("#main article")).to_have_attribute("data-message-text", "The card.")
    expect(page.locator(".stack-count")).to_have_text("2")


def test_the_bar_has_bookmarks_and_pins_and_a_pin_leads_to_its_message(
    page: Page, slack: CannedSlack
) -> None:
    link = {"id": "Bk1", "title": "Portal", "link": "https://portal.example.com/x"}
    slack.rooms.append(room(bookmarks=[link, {"id": "Bk2", "title": "Trap", "link": "javascript:1"}]))
    pinned = message("1.000001", "The card.", channel="C0INC", pinned_by="U0COUNTERSIGN")
    slack.messages.append(pinned)
    slack.messages.extend(message(f"1.0000{n}", f"line {n}\n" * 4, channel="C0INC") for n in range(10, 30))
    opened(page).locator('[data-place="C0INC"]').click()
    expect(page.locator(".bar a")).to_have_attribute("href", "https://portal.example.com/x")
    expect(page.locator(".bar a")).to_have_count(1)
    expect(page.locator('article[data-ts="1.000001"] .pinned-line')).to_have_text("Pinned by Countersign")
    expect(page.locator('article[data-ts="1.000001"]')).not_to_be_in_viewport()
    page.get_by_role("button", name="1 pinned").click()
    page.get_by_role("menuitem", name="The card.").click()
    expect(page.locator('article[data-ts="1.000001"]')).to_be_in_viewport()
    slack.tell("channel", room(topic="SEV1"))
    expect(page.locator(".topic")).to_have_text("SEV1")
    expect(page.locator('article[data-ts="1.000001"]')).to_be_in_viewport()


def test_a_pushpin_goes_on_a_message_and_a_click_takes_it_back(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "the queue is full", user="U0BOB", app=False))
    card = opened(page).locator('article[data-ts="1.000001"]')
    card.hover()
    card.get_by_role("button", name="React with a pushpin").click()
    where = {"user": "U0ALICE", "channel": "C0OPS", "ts": "1.000001", "name": "pushpin"}
    until(page, lambda: slack.posted("/ui/react") == [where])
    said = {"user": "U0BOB", "app": False, "reactions": {"pushpin": ["U0ALICE", "U0BOB"]}}
    slack.tell("message_changed", message("1.000001", "the queue is full", **said))
    pill = card.locator('[data-reaction="pushpin"]')
    expect(pill).to_have_attribute("aria-pressed", "true")
    expect(pill).to_contain_text("2")
    pill.click()
    until(page, lambda: slack.posted("/ui/react")[-1] == where | {"remove": True})


def test_a_message_shortcut_is_in_the_menu_of_a_message_and_not_in_the_plus(
    page: Page, slack: CannedSlack
) -> None:
    slack.messages.append(message("1.000001", "parent", reply_count=1, user="U0BOB", app=False))
    slack.messages.append(message("1.000002", "child", thread_ts="1.000001", user="U0BOB", app=False))
    opened(page).get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("menuitem")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1 reply").click()
    reply = page.locator('#side article[data-ts="1.000002"]')
    reply.hover()
    reply.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Add to incident timeline").click()
    where = {"user": "U0ALICE", "callback_id": "shortcut.timeline", "channel": "C0OPS", "ts": "1.000002"}
    until(page, lambda: slack.posted("/ui/shortcut") == [where])


def test_an_archived_channel_is_grey_can_be_read_and_takes_nothing(page: Page, slack: CannedSlack) -> None:
    slack.rooms.append(room())
    slack.messages.append(message("1.000001", "The card.", channel="C0INC", reactions={"eyes": ["U0BOB"]}))
    opened(page).locator('[data-place="C0INC"]').click()
    page.locator(".main-head").get_by_role("button", name="Channel").click()
    page.get_by_role("menuitem", name="Archive this channel").click()
    until(
        page,
        lambda: slack.posted("/ui/channel") == [{"user": "U0ALICE", "channel": "C0INC", "do": "archive"}],
    )
    slack.tell("channel", room(archived=True))
    expect(page.locator(".archived-note")).to_be_visible()
    expect(page.locator("#composer-input")).to_have_count(0)
    expect(page.locator('[data-place="C0INC"]')).to_have_attribute("title", "Archived")
    expect(page.locator('article [data-reaction="eyes"]')).to_be_disabled()
    slack.tell("channel", room())
    expect(page.locator("#composer-input")).to_be_visible()


def test_who_is_removed_from_a_channel_is_led_to_another(page: Page, slack: CannedSlack) -> None:
    slack.rooms.append(room(private=True))
    opened(page).locator('[data-place="C0INC"]').click()
    expect(page.locator("#main .icon-lock").first).to_be_visible()
    slack.tell("channel_gone", {"id": "C0INC"})
    expect(page.locator('[data-place="C0INC"]')).to_have_count(0)
    expect(page.locator('[data-place="C0OPS"]')).to_have_attribute("aria-current", "page")
