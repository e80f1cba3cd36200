"""The system's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.waiting import WITHIN_S

expect.set_options(timeout=WITHIN_S * 1000)

# The popup of the address bar is a page of its own behind each window, which nobody sees here:
# without it, opening a page takes half the work.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module's tests, each of which opens a context of its own.

    Not for the whole process: while Playwright runs, no other test there can run an event loop.
    """
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


def launch_chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
