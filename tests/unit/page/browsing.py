"""Opens the page as somebody and waits for what happens outside of the browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def opened(page: Page, user: str = "U0ALICE") -> Page:
    """The page once it has drawn the workspace as this person."""
    page.goto(f"/?as={user}&at=C0OPS")
    expect(page.locator("#app[aria-busy]")).to_have_count(0)
    return page


def until(page: Page, check: Callable[[], bool]) -> None:
    """Wait at most two seconds for something outside of the browser."""
    for _ in range(100):
        if check():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it did not happen within two seconds")
