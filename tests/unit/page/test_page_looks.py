"""Contrast, themes, width and names of controls on the demo page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.unit.page import samples
from tests.unit.page.browsing import opened
from tests.unit.page.canned_slack import CannedSlack, message

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_have_enough_contrast(page: Page, slack: CannedSlack, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    slack.messages.append(message("1.000001", "All blocks", samples.message_blocks()))
    slack.messages.append(message("1.000002", "private", ephemeral_to="U0ALICE", edited=True))
    opened(page)
    page.wait_for_timeout(200)
    assert page.evaluate(CONTRAST) == []
    slack.tell("view", {"view": samples.modal()})
    expect(page.locator("dialog")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_the_theme_button_overrules_the_system_and_is_remembered(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    opened(page)
    page.get_by_role("button", name="Theme: as the system").click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()


def test_nothing_overflows_on_a_narrow_screen(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "All blocks", samples.message_blocks()))
    page.set_viewport_size({"width": 900, "height": 700})
    opened(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 900
    assert page.evaluate(
        "document.querySelector('.topbar').scrollWidth <= document.querySelector('.topbar').clientWidth"
    )
    page.get_by_role("button", name="Hide the guide").click()
    outside = "all => all.filter(b => b.getBoundingClientRect().right > innerWidth).length"
    assert page.locator("article .block").evaluate_all(outside) == 0


def test_every_control_has_a_name(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "All blocks", samples.message_blocks()))
    opened(page)
    named = "n => n.getAttribute('aria-label') || n.textContent.trim() || (n.labels && n.labels.length)"
    nameless = f"all => all.filter(n => !({named})(n)).map(n => n.outerHTML)"
    assert page.locator("button, select, input, textarea, a").evaluate_all(nameless) == []


def test_three_columns_of_words_fit_beside_the_guide(page: Page, slack: CannedSlack) -> None:
    words = ["tags.environment", "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef", "OnceCurrentVersionExpired"]
    rows = [[{"type": "raw_text", "text": each} for each in row] for row in (["Field", "a", "b"], words)]
    slack.messages.append(message("1.000001", "Compared", [{"type": "table", "rows": rows}]))
    page.set_viewport_size({"width": 1280, "height": 900})
    opened(page)
    table = page.locator(".table-wrap")
    assert table.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_the_guide_leaves_room_for_the_messages_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    opened(page)
    guide, composer = page.locator('[data-panel="guide"]'), page.locator("#composer-input")
    expect(guide).to_be_visible()
    above, below = composer.bounding_box(), guide.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert above["y"] > 300, "more than half of the height is the messages'"
