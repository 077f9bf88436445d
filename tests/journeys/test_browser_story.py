"""The whole story, clicked in a browser: the page, the real app behind it, and nothing in between replaced."""

import shutil
from collections.abc import AsyncIterator
from string import ascii_lowercase

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from handlers.commands.change import SUBS
from handlers.commands.registry import COMMANDS
from tests.journeys.conftest import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 15_000
SQLITE_OVER_HTTP = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True, ids=["sqlite-http"])
ASKED = {
    "capacity": "180",
    "ticket": "OPS-4471",
    "reason": "In the morning one request in six is refused with HTTP 429.",
    "expected_cost": "None fixed; tokens as used.",
    "validation_signal": "share of HTTP 429 below 5 % for 30 min",
}
ROLLBACK = "Set the capacity back to 120."

expect.set_options(timeout=PATIENCE_MS)


class Browser:
    """One open page of the simulated Slack, as a person uses it: type, click, change whom you are."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages = page.locator("#main .messages")

    async def act_as(self, user: str) -> None:
        """Become another person."""
        await self.page.locator(f"[data-act-as={user}]").click()
        await expect(self.page.locator(f"[data-act-as={user}]")).to_have_attribute("aria-pressed", "true")

    async def say(self, text: str) -> None:
        """Type a line into the message box and send it."""
        await self.page.locator("#composer-input").fill(text)
        await self.page.locator(".btn-send").first.click()

    async def hints(self, text: str) -> list[str]:
        """The word after these that each line offered for them goes on with."""
        await self.page.locator("#composer-input").fill(text)
        lines = await self.page.locator("#composer-hints .hint-label").all_text_contents()
        return [line.split()[len(text.split()) - 1] for line in lines]

    def card(self, state: str, change: str = "CHG-1") -> Locator:
        """The card of a change, once it says this state."""
        return self.messages.locator(f"article[data-message-text^='{state}: {change},']")

    def answer(self, words: str) -> Locator:
        """The newest message that holds these words and that only this person sees."""
        return self.messages.locator("article[data-ephemeral]").filter(has_text=words).last

    def form(self, callback_id: str) -> Locator:
        """The open modal."""
        return self.page.locator(f"form[data-callback-id='{callback_id}']")

    async def press(self, card: Locator, action_id: str) -> None:
        """Press a button of a card."""
        await card.locator(f"[data-action-id='{action_id}']").click()

    async def fill(self, form: Locator, **values: str) -> None:
        """Type into the fields of a form."""
        for block, value in values.items():
            await field(form, block).locator("[data-action-id]").fill(value)

    async def submit(self, form: Locator) -> None:
        """Press the primary button of a modal."""
        await form.locator("[data-view-submit]").click()

    async def close_dialog(self) -> None:
        """Close the modal that only informs."""
        await self.page.locator("dialog[open] [data-view-close]").click()
        await expect(self.page.locator("dialog[open]")).to_have_count(0)

    async def request_scaling(self, change: str = "CHG-1") -> Locator:
        """Ask for 180 units as Alice; return the card that waits for an approval."""
        await self.say("/cs change request scale triage-prod")
        form = self.form("change.request")
        await self.fill(form, **ASKED, rollback_plan=ROLLBACK)
        await self.submit(form)
        return await self.posted(change)

    async def posted(self, change: str) -> Locator:
        """Wait until the request is checked and its card is there, and close the modal that says so."""
        await expect(self.form("change.sent")).to_contain_text("every check is green")
        await self.close_dialog()
        card = self.card("Pending approval", change)
        await expect(card).to_have_count(1)
        return card


def field(form: Locator, block: str) -> Locator:
    """An input block of a form, whatever revision its id carries."""
    return form.locator(f"[data-input='{block}'], [data-input^='{block}:']")


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """The page as Alice sees it; a script error, a console error or a call off this machine fails the test."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    problems: list[str] = []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await chromium.new_context(
            viewport={"width": 1360, "height": 850}, timezone_id="UTC", locale="en-GB"
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda line: problems.append(line.text) if line.type in _LOUD else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda call: problems.append(call.url) if "//127.0.0.1:" not in call.url else None)
        await page.goto(f"{house.world.slack}/?as=U0ALICE&at=C0OPS")
        await expect(page.locator("#app[aria-busy]")).to_have_count(0)
        yield Browser(page)
        await chromium.close()
    assert problems == []


_LOUD = ("error", "warning")


@SQLITE_OVER_HTTP
async def test_a_change_goes_from_question_to_proof_by_clicks_alone(browser: Browser) -> None:
    await evidence_is_shown_to_alice_alone(browser)
    await an_empty_rollback_plan_is_refused_beside_its_field(browser)
    await alice_cannot_approve_her_own_request(browser)
    await bob_approves_what_he_has_read(browser)
    await alice_applies_the_approved_plan(browser)
    await the_clock_brings_the_verdict(browser)
    await the_owner_attests(browser)
    await browser.say("/cs audit verify")
    await expect(browser.answer("The audit trail holds")).to_be_visible()


async def evidence_is_shown_to_alice_alone(browser: Browser) -> None:
    await browser.say("/cs status triage-prod")
    evidence = browser.answer("Deployment evidence")
    await expect(evidence.locator("[data-action-id='evidence.share']")).to_be_visible()
    await expect(evidence).to_contain_text("120 thousand tokens per minute")
    await expect(evidence.get_by_text("Deployment evidence")).to_be_in_viewport()


async def an_empty_rollback_plan_is_refused_beside_its_field(browser: Browser) -> None:
    await browser.say("/cs change request scale triage-prod")
    form = browser.form("change.request")
    await browser.fill(form, **ASKED)
    await browser.submit(form)
    await expect(field(form, "rollback_plan").locator(".error")).to_contain_text("required")
    await expect(form.locator(".error:visible")).to_have_count(1)
    await expect(field(form, "ticket").locator("[data-action-id]")).to_have_value(ASKED["ticket"])
    await browser.fill(form, rollback_plan=ROLLBACK)
    await browser.submit(form)
    card = await browser.posted("CHG-1")
    await expect(card).to_contain_text("- sku.capacity: 120\n+ sku.capacity: 180")


async def alice_cannot_approve_her_own_request(browser: Browser) -> None:
    await browser.press(browser.card("Pending approval"), "change.approve")
    refusal = browser.answer("Not allowed: this is your own request.")
    await expect(refusal).to_contain_text("Only visible to you")
    await browser.act_as("U0BOB")
    await expect(browser.card("Pending approval")).to_contain_text("0 of 1 approval")
    await expect(refusal).to_have_count(0)


async def bob_approves_what_he_has_read(browser: Browser) -> None:
    await browser.press(browser.card("Pending approval"), "change.plan")
    await expect(browser.form("change.plan.view")).to_contain_text("Sent to Azure when it is applied, once")
    await browser.close_dialog()
    await browser.press(browser.card("Pending approval"), "change.approve")
    form = browser.form("change.decide")
    await expect(form).to_contain_text(ROLLBACK)
    await expect(form.locator("input[type=radio][value=approve]")).to_be_checked()
    await browser.submit(form)
    await expect(browser.card("Approved")).to_contain_text("1 of 1 approval; nothing has been sent to Azure")


async def alice_applies_the_approved_plan(browser: Browser) -> None:
    await browser.act_as("U0ALICE")
    await browser.press(browser.card("Approved"), "change.apply")
    form = browser.form("change.apply.confirm")
    await browser.submit(form)
    await expect(browser.card("Verifying")).to_contain_text("@Alice Moreau asked to apply it")


async def the_clock_brings_the_verdict(browser: Browser) -> None:
    await browser.page.get_by_role("button", name="Move the clock 30 min").click()
    await expect(browser.page.locator("[data-clock=offset]")).to_have_text("+30 min")
    card = browser.card("Awaiting attestation")
    await expect(card.get_by_text("Validation: better")).to_be_in_viewport()
    await expect(card.locator(".field").filter(has_text="Before")).to_contain_text("%")
    await expect(card.locator(".field").filter(has_text="After")).to_contain_text("%")


async def the_owner_attests(browser: Browser) -> None:
    await browser.act_as("U0OWNER")
    await browser.press(browser.card("Awaiting attestation"), "change.attest")
    await expect(browser.card("Closed")).to_contain_text("applied, verified and attested")
    left = browser.card("Closed").locator(".message-body button")
    await expect(left).to_have_text(["Roll back with a new change…"])


@SQLITE_OVER_HTTP
async def test_a_request_is_rejected_with_a_reason_and_another_is_withdrawn(browser: Browser) -> None:
    await browser.request_scaling()
    await browser.act_as("U0BOB")
    await browser.press(browser.card("Pending approval"), "change.reject")
    form = browser.form("change.decide")
    await expect(form.locator("input[type=radio][value=reject]")).to_be_checked()
    await browser.submit(form)
    await expect(field(form, "reason").locator(".error")).to_be_visible()
    await browser.fill(form, reason="The load test is on Thursday; ask again after it.")
    await browser.submit(form)
    await expect(browser.card("Rejected")).to_contain_text(
        "The load test is on Thursday; ask again after it."
    )
    await browser.act_as("U0ALICE")
    second = await browser.request_scaling("CHG-2")
    await browser.press(second, "change.withdraw")
    form = browser.form("change.withdraw.confirm")
    await browser.fill(form, reason="Superseded by the plan of Thursday.")
    await browser.submit(form)
    await expect(browser.card("Withdrawn", "CHG-2")).to_contain_text("nothing was changed")
    await expect(browser.card("Rejected")).to_have_count(1)


@SQLITE_OVER_HTTP
async def test_the_message_box_hints_every_command_there_is_and_no_other(browser: Browser) -> None:
    hinted = {word for letter in ascii_lowercase for word in await browser.hints(f"/cs {letter}")}
    assert hinted == {command.name for command in COMMANDS}
    changes = {word for letter in ascii_lowercase for word in await browser.hints(f"/cs change {letter}")}
    assert changes == set(SUBS)
