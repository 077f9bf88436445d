"""A browser, a canned Slack and an open page."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.unit.page.canned_slack import CannedServer, CannedSlack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a screen."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server() -> Iterator[CannedServer]:
    """A canned Slack on a free port."""
    server = CannedServer()
    yield server
    server.stop()


@pytest.fixture
def slack(server: CannedServer) -> CannedSlack:
    """What the canned Slack knows and heard."""
    return server.slack


@pytest.fixture
def page(browser: Browser, server: CannedServer) -> Iterator[Page]:
    """A blank page of a fresh context that goes to the canned Slack; any script error fails the test."""
    context = browser.new_context(
        viewport={"width": 1360, "height": 860}, base_url=server.address, timezone_id="UTC", locale="en-GB"
    )
    page = context.new_page()
    page.set_default_timeout(5000)
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda r: problems.append(f"left the machine: {r.url}") if "127.0.0.1" not in r.url else None,
    )
    yield page
    context.close()
    assert problems == []
