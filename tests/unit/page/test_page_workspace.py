"""People, channels, threads, composer and clock of the demo page."""

from playwright.sync_api import Page, expect

from tests.unit.page import samples
from tests.unit.page.browsing import opened, until
from tests.unit.page.canned_slack import CannedSlack, message, plain


def test_acting_as_another_shows_only_what_that_person_sees(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "for Alice alone", ephemeral_to="U0ALICE"))
    slack.messages.append(message("1.000002", "for all"))
    opened(page)
    expect(page.get_by_text("Only visible to you")).to_have_count(1)
    page.locator('[data-act-as="U0BOB"]').click()
    expect(page.locator('[data-act-as="U0BOB"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("article")).to_have_attribute("data-message-text", "for all")


def test_messages_arrive_change_and_go_live(page: Page, slack: CannedSlack) -> None:
    opened(page)
    slack.tell("message", message("1.000001", "first"))
    expect(page.locator('article[data-message-text="first"]')).to_be_visible()
    slack.tell("message_changed", message("1.000001", "second", edited=True))
    expect(page.locator('article[data-message-text="second"] .edited')).to_have_text("(edited)")
    slack.tell("message", message("1.000002", "elsewhere", channel="C0AUDIT"))
    expect(page.locator('[data-place="C0AUDIT"] .badge')).to_have_text("1")
    slack.tell("message_deleted", {"channel": "C0OPS", "ts": "1.000001"})
    expect(page.locator("article")).to_have_count(0)
    slack.tell("notice", {"text": '/cs failed with the error "operation_timeout"'})
    expect(page.locator('article[data-user="USLACKBOT"]')).to_contain_text("operation_timeout")
    expect(page.locator("[data-toast]")).to_have_count(0)
    slack.tell("connection", {"connected": False})
    expect(page.locator(".connection")).to_have_attribute("data-connection", "off")


def test_a_thread_opens_beside_the_channel_and_takes_replies(page: Page, slack: CannedSlack) -> None:
    slack.messages.append(message("1.000001", "parent", reply_count=1))
    slack.messages.append(message("1.000002", "child", thread_ts="1.000001"))
    opened(page)
    expect(page.locator("#main article")).to_have_count(1)
    page.get_by_role("button", name="1 reply").click()
    expect(page.locator("#side article")).to_have_count(2)
    page.locator("#thread-input").fill("thanks")
    page.keyboard.press("Enter")
    said = {"user": "U0ALICE", "channel": "C0OPS", "text": "thanks", "thread_ts": "1.000001"}
    until(page, lambda: slack.posted("/ui/say") == [said])


def test_the_plus_of_the_composer_plays_a_shortcut(page: Page, slack: CannedSlack) -> None:
    opened(page)
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Request a model change").click()
    until(
        page, lambda: slack.posted("/ui/shortcut") == [{"user": "U0ALICE", "callback_id": "shortcut.request"}]
    )


def test_the_composer_hints_commands_and_mentions_and_sends_ids(page: Page, slack: CannedSlack) -> None:
    opened(page)
    box = page.locator("#composer-input")
    box.press_sequentially("/cs aud")
    expect(page.get_by_role("option").first).to_contain_text("/cs audit")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("/cs audit verify")
    page.keyboard.press("Enter")
    until(page, lambda: len(slack.posted("/ui/say")) == 1)
    box.press_sequentially("@Count")
    page.keyboard.press("Tab")
    box.press_sequentially("status & <b>")
    page.keyboard.press("Enter")
    until(page, lambda: len(slack.posted("/ui/say")) == 2)
    assert [s["text"] for s in slack.posted("/ui/say")] == [
        "/cs audit verify",
        "<@U0COUNTERSIGN> status &amp; &lt;b&gt;",
    ]


def test_the_clock_moves_by_its_buttons_and_shows_the_offset(page: Page, slack: CannedSlack) -> None:
    opened(page)
    expect(page.locator('[data-clock="offset"]')).to_have_text("real time")
    slack.answers["/clock"] = {"now": "2026-11-24T21:24:00+00:00", "offset_seconds": 3600.0}
    page.get_by_role("button", name="Move the clock forward 1 hour").click()
    expect(page.locator('[data-clock="offset"]')).to_have_text("+1 h")
    expect(page.locator('[data-clock="now"]')).to_contain_text("21:24")
    assert slack.posted("/clock") == [{"advance_seconds": 3600}]


def test_the_home_tab_is_opened_and_its_buttons_name_the_view(page: Page, slack: CannedSlack) -> None:
    slack.home = {
        "id": "VHOME",
        "type": "home",
        "blocks": [
            {
                "type": "actions",
                "block_id": "a",
                "elements": [{"type": "button", "text": plain("Open"), "action_id": "open", "value": "1"}],
            }
        ],
    }
    opened(page).locator('[data-place="home"]').click()
    page.locator('.home [data-action-id="open"]').click()
    until(page, lambda: len(slack.posted("/ui/action")) == 1)
    assert slack.posted("/ui/home") == [{"user": "U0ALICE"}]
    assert slack.posted("/ui/action")[0]["view_id"] == "VHOME"


def test_the_newest_message_is_in_sight_unless_one_reads_above(page: Page, slack: CannedSlack) -> None:
    slack.messages.extend(message(f"1.0000{n:02}", f"line {n}\n" * 4) for n in range(10, 30))
    slack.messages.append(message("1.000050", "card", samples.message_blocks()))
    opened(page)
    expect(page.get_by_text("unsupported block: hologram")).to_be_in_viewport()
    slack.tell("message", message("1.000060", "the newest"))
    expect(page.get_by_text("the newest")).to_be_in_viewport()
    page.set_viewport_size({"width": 1100, "height": 420})
    page.wait_for_timeout(200)
    below = "n => n.scrollHeight - n.scrollTop - n.clientHeight"
    assert page.locator("#main .messages").evaluate(below) < 2
    page.locator("#main .messages").evaluate("n => { n.scrollTop = 0; }")
    page.wait_for_timeout(100)
    slack.tell("message", message("1.000061", "one more"))
    expect(page.get_by_text("one more")).to_have_count(1)
    expect(page.get_by_text("one more")).not_to_be_in_viewport()
