"""Files under a message: pictures with their words, the rest by name and size, pages in a tab of their own."""

import base64
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.unit.page.browsing import opened
from tests.unit.page.canned_slack import CannedSlack, message

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def file(name: str, mimetype: str, size: int, **more: Any) -> dict[str, Any]:
    """A file object, with an address of whichever port the app was told."""
    base = {"id": f"F{name}", "name": name, "title": name, "mimetype": mimetype, "size": size}
    return base | {"url_private": f"http://127.0.0.1:1/files-pri/T0-F1/{name}"} | more


def test_a_shared_page_is_shown_by_name_and_size_with_what_can_be_done(
    page: Page, slack: CannedSlack
) -> None:
    pack = file("pack.html", "text/html", 48_213, title="Evidence pack", pretty_type="HTML")
    slack.messages.append(message("1.000001", "The pack", files=[pack]))
    chip = opened(page).locator(".filechip")
    expect(chip).to_contain_text("Evidence pack")
    expect(chip).to_contain_text("HTML · 48 kB")
    way = chip.get_by_role("link", name="Open Evidence pack in a new tab")
    expect(way).to_have_attribute("target", "_blank")
    expect(way).to_have_attribute("rel", re.compile("noopener"))
    expect(way).to_have_attribute("href", re.compile(r"/files-pri/T0-F1/pack\.html\?show=1$"))


def test_a_file_is_downloaded_from_where_the_page_came_from(page: Page, slack: CannedSlack) -> None:
    slack.files["/files-pri/T0-F1/pack.json"] = (b'{"a": 1}', "application/json")
    slack.messages.append(message("1.000001", "", files=[file("pack.json", "application/json", 8)]))
    chip = opened(page).locator(".filechip")
    expect(chip).to_contain_text("8 bytes")
    expect(chip.get_by_role("link", name=re.compile("new tab"))).to_have_count(0)
    with page.expect_download() as downloading:
        chip.get_by_role("link", name="Download pack.json").click()
    assert downloading.value.suggested_filename == "pack.json"


def test_a_picture_is_drawn_with_its_words(page: Page, slack: CannedSlack) -> None:
    slack.files["/files-pri/T0-F1/tokens.png"] = (DOT, "image/png")
    chart = file("tokens.png", "image/png", 70, alt_txt="Tokens per minute, rising to 120")
    slack.messages.append(message("1.000001", "Tokens", files=[chart]))
    drawn = opened(page).get_by_role("img", name="Tokens per minute, rising to 120")
    expect(drawn).to_be_visible()
    page.wait_for_function("img => img.naturalWidth === 1", arg=drawn.element_handle())


def test_a_file_of_another_host_is_only_named(page: Page, slack: CannedSlack) -> None:
    stray = file("stray.html", "text/html", 9, url_private="https://files.example/stray.html")
    slack.messages.append(message("1.000001", "", files=[stray]))
    chip = opened(page).locator(".filechip")
    expect(chip).to_contain_text("stray.html")
    expect(chip.get_by_role("link")).to_have_count(0)
