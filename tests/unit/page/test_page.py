"""What the demo page draws, in a real browser."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.unit.page import samples
from tests.unit.page.browsing import opened
from tests.unit.page.canned_slack import PAGE, CannedSlack, message, plain

Json = Any
REPOSITORY = Path(__file__).parents[3]
CARDS = (
    Path(os.environ.get("COUNTERSIGN_SPEC_DATA", str(REPOSITORY.parent / "shared" / "data"))).parent / "cards"
)


def test_no_module_writes_markup_from_text() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    )
    modules = sorted(PAGE.glob("*.js"))
    assert len(modules) > 10
    assert [(m.name, found.group()) for m in modules for found in forbidden.finditer(m.read_text())] == []


def test_no_file_of_the_page_names_another_host() -> None:
    named = re.compile(r"(?:src|href|import|url\()\s*[=\s(]?\s*[\"']?(?:https?:)?//")
    assert [file.name for file in PAGE.iterdir() if named.search(file.read_text())] == []


def test_every_module_stays_short_enough_to_read() -> None:
    assert {
        m.name: len(m.read_text().splitlines())
        for m in PAGE.glob("*.js")
        if len(m.read_text().splitlines()) > 400
    } == {}


def test_every_kind_of_block_is_drawn_with_its_ids(page: Page, slack: CannedSlack) -> None:
    blocks = samples.message_blocks()
    slack.messages.append(message("1.000001", "All blocks", blocks))
    card = opened(page).locator('article[data-ts="1.000001"]')
    expect(card).to_have_attribute("data-message-text", "All blocks")
    expect(card).to_have_attribute("data-channel", "C0OPS")
    for block in blocks:
        expect(card.locator(f'.block[data-block-id="{block["block_id"]}"]')).to_be_visible()
    expect(card.get_by_text("unsupported block: hologram")).to_be_visible()
    expect(card.locator(".unsupported")).to_have_count(1)
    expect(card.locator('[data-action-id="go"]')).to_have_attribute("aria-label", "Go ahead")
    expect(card.locator("figure.chart svg[role=img]")).to_have_count(4)


@pytest.mark.skipif(not CARDS.is_dir(), reason=f"the drafts of the cards are not at {CARDS}")
@pytest.mark.parametrize(
    "name", sorted(f.stem for f in CARDS.glob("*.json")) if CARDS.is_dir() else ["absent"]
)
def test_a_drafted_card_is_drawn_whole(page: Page, slack: CannedSlack, name: str) -> None:
    card = json.loads((CARDS / f"{name}.json").read_text())
    if card.get("type") == "modal":
        slack.view = card | {"id": "V1"}
    else:
        slack.messages.append(message("1.000001", card["text"], card["blocks"]))
    opened(page)
    place = page.locator("dialog" if card.get("type") == "modal" else "article")
    expect(place.locator(".block")).to_have_count(len(card["blocks"]))
    expect(page.locator(".unsupported")).to_have_count(0)


def test_mrkdwn_becomes_styles_mentions_dates_and_links(page: Page, slack: CannedSlack) -> None:
    text = (
        "*bold* _italic_ ~gone~ `a*b*` <@U0BOB> <#C0OPS> <!subteam^S0AIOPS> "
        "<https://example.com/x?a=1&amp;b=2|OPS-1> "
        "<!date^1795340460^{date_num} {time}|then> 2 * 3 * 4 snake_case_name &lt;b&gt; :lock: :nonsense:"
    )
    slack.messages.append(message("1.000001", text))
    body = opened(page).locator("article .message-body")
    assert body.locator("strong").all_inner_texts() == ["bold"]
    assert body.locator("em").all_inner_texts() == ["italic"]
    assert body.locator("code").all_inner_texts() == ["a*b*"]
    assert body.locator(".mention").all_inner_texts() == ["@Bob Brown", "#ml-ops", "@ai-ops-approvers"]
    expect(body.locator("a")).to_have_attribute("href", "https://example.com/x?a=1&b=2")
    expect(body.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    expect(body.locator("time")).to_have_text("2026-11-22 09:41")
    expect(body.locator('[data-emoji="lock"]')).to_be_visible()
    expect(body).to_contain_text("2 * 3 * 4 snake_case_name <b>")
    expect(body).to_contain_text(":nonsense:")


def test_hostile_text_stays_text(page: Page, slack: CannedSlack) -> None:
    bad = (
        "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> "
        "<javascript:alert(1)|click> *<b onclick=x>*"
    )
    link = {
        "type": "rich_text_section",
        "elements": [{"type": "link", "url": "javascript:window.hacked=1", "text": "press"}],
    }
    blocks: list[Json] = [
        {"type": "header", "block_id": "h", "text": plain(bad)},
        {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": bad}},
        {"type": "markdown", "block_id": "m", "text": f"{bad} [x](javascript:alert(1))"},
        {"type": "rich_text", "block_id": "r", "elements": [link]},
        {
            "type": "table",
            "block_id": "t",
            "rows": [[{"type": "raw_text", "text": bad}], [{"type": "raw_text", "text": bad}]],
        },
        {"type": "image", "block_id": "i", "image_url": "javascript:alert(1)", "alt_text": bad},
        {
            "type": "data_visualization",
            "block_id": "d",
            "title": bad,
            "chart": {"type": "pie", "segments": [{"label": bad, "value": 1}]},
        },
        {
            "type": "actions",
            "block_id": "a",
            "elements": [
                {"type": "button", "text": plain(bad), "action_id": "x", "url": "javascript:alert(1)"}
            ],
        },
    ]
    slack.messages.append(message("1.000001", bad, blocks))
    slack.messages.append(message("1.000002", bad, edited=True))
    opened(page)
    expect(page.locator('.block[data-block-id="h"]')).to_contain_text("<script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    assert (
        page.locator("article script, article img, article a, article [onclick], article [onerror]").count()
        == 0
    )


def test_a_data_table_sorts_by_number_and_turns_pages(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "t", [samples.data_table(12)]))
    table = opened(page).locator(".data-table")
    expect(table.locator("caption")).to_have_text("Numbers")
    expect(table.locator("tbody th[scope=row]")).to_have_count(5)
    table.get_by_role("button", name="Count").click()
    assert table.locator("tbody td").all_inner_texts() == ["0", "1", "2", "3", "4"]
    table.get_by_role("button", name="Next page").click()
    assert table.locator("tbody td").all_inner_texts() == ["5", "6", "7", "8", "9"]
    expect(table.locator(".pager-status")).to_have_text("6–10 of 12")
    table.get_by_role("button", name="Count").click()
    assert table.locator("tbody td").first.inner_text() == "11"
    expect(table.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")


def test_a_chart_tells_its_numbers_in_a_table_too(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "c", [samples.chart("line")]))
    chart = opened(page).locator(".chart")
    expect(chart.locator(".stroke")).to_have_count(2)
    assert "HTTP 429: 38" in (chart.locator("title").nth(1).text_content() or "")
    chart.get_by_text("Show the numbers").click()
    assert chart.locator("tbody tr").nth(1).locator("th, td").all_inner_texts() == ["09:00", "38", "38"]
