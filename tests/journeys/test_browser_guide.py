"""The guide's chapters, played by its own buttons: a newcomer only presses what it offers, and is never stuck."""

import pytest
from playwright.async_api import Locator, expect

from tests.journeys.test_browser_story import SQLITE_OVER_HTTP, Browser, browser

__all__ = ["browser"]


class Newcomer:
    """Somebody who does what the next step says, fills in its example, and sends it."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.page = browser, browser.page
        self.words = ""

    async def open(self, chapter: int) -> None:
        """Open a chapter, unless it is open."""
        head = self.page.locator(f"[data-chapter='{chapter}']")
        if await head.get_attribute("aria-expanded") != "true":
            await head.click()

    async def play(self, chapter: int) -> None:
        """Play a chapter to its end."""
        await self.open(chapter)
        steps = self.page.locator(".chapter.is-open .step")
        for n in range(await steps.count()):
            await self.step(n + 1)
            await expect(self.tick(chapter, n + 1), f"step {n + 1} of chapter {chapter}").to_have_count(1)

    def tick(self, chapter: int, n: int) -> Locator:
        """The sign that a step happened: its own mark, or that of the whole chapter."""
        own = f".chapter:has([data-chapter='{chapter}']).is-open .step:nth-child({n}).is-done"
        return self.page.locator(
            f"{own}, .chapter.is-whole:not(.is-open):has([data-chapter='{chapter}'])"
        ).first

    async def step(self, n: int) -> None:
        """Press the step's button, then what it points at, and send the form that opens."""
        button = self.page.locator(f".chapter.is-open [data-step='{n}']")
        words = (await button.text_content() or "").strip()
        before, self.words = self.words, words
        if await self.page.locator("dialog[open]").count():
            if words == before:  # a form that stayed open says the next step: fill it in anew
                await self.send()
                return
            await self.browser.close_dialog()
        await button.click()
        if words.startswith("/cs"):
            await expect(self.page.locator("#composer-input")).to_have_value(words)
            await self.page.locator(".btn-send").first.click()
            if words.startswith(("/cs change request", "/cs freeze", "/cs incident resolve")):
                await self.send()
        elif words.startswith("Act as"):
            pointed = self.page.locator(".is-pointed")
            await expect(pointed).to_have_count(1)
            opens_nothing = await pointed.get_attribute("data-action-id") == "change.attest"
            await pointed.click()
            if not opens_nothing:
                await self.send()

    async def send(self) -> None:
        """Fill in the example where there is one, send, say yes, and close what only informs."""
        page = self.page
        await expect(
            page.locator("dialog[open] :is([data-view-submit], [data-confirm=confirm])")
        ).to_have_count(1)
        for _ in range(3):
            example = page.locator("[data-view-example]")
            if await example.count():
                await example.click()
            await page.locator("dialog[open] :is([data-view-submit], [data-confirm=confirm])").click()
            await expect(
                page.locator("dialog[open] [aria-busy=true], form[data-callback-id='change.wait']")
            ).to_have_count(0)
            asked_again = page.locator("form[data-callback-id='change.break_glass.confirm']")
            if not await asked_again.count():
                break
        if (
            await page.locator("dialog[open]").count()
            and not await page.locator("[data-view-submit]").count()
        ):
            await self.browser.close_dialog()


@SQLITE_OVER_HTTP
async def test_a_newcomer_plays_the_freeze_and_the_emergency_by_the_guides_buttons(browser: Browser) -> None:
    newcomer = Newcomer(browser)
    await newcomer.play(3)
    await expect(browser.card("Closed")).to_contain_text("reviewed it: justified")
    await expect(browser.messages.locator("article[data-message-text^='FRZ-1 was lifted']")).to_have_count(1)


@pytest.mark.parametrize("house", [("sqlite", "http", "alerts")], indirect=True, ids=["sqlite-http"])
async def test_a_newcomer_plays_the_incident_by_the_guides_buttons(browser: Browser) -> None:
    newcomer = Newcomer(browser)
    await newcomer.play(5)
