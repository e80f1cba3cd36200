"""`python -m tools.screenshots`: run the demo, and take the pictures that stand in README and docs.

Each page is taken as on a phone and on a wide screen, into docs/screenshots/.
"""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import launch_chromium

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs/screenshots"
PAGES = {
    "customers": "/customers",
    "insights": "/insights",
    "sale": "/sale",
    "first-steps": "/start",
    "day": "/day",
}
SIZES = {"phone": (360, 780), "wide": (1280, 900)}
# twice as fine as they are shown, and no more: pictures stay in the history for ever
SCALES = {"phone": 1.5, "wide": 1}
WITHIN_MS = 120_000


def main() -> int:
    """Take every picture; return 0 when all were taken."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shopbell-") as folder:
        demo = _start_demo(Path(folder))
        try:
            _wait_until_ready(demo)
            document = json.loads((Path(folder) / "var/demo.json").read_text())
            with sync_playwright() as playwright:
                chromium = launch_chromium(playwright)
                for name, (width, height) in SIZES.items():
                    _take_all(chromium, document, name, width, height)
                    _take_customers(chromium, document, name, Path(folder) / "var/demo.log")
                chromium.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=60)
    return 0


def _start_demo(folder: Path) -> subprocess.Popen[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "shopbell"), "demo"]
    return subprocess.Popen(
        [*command, "--port", str(port), "--folder", str(folder / "var")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _wait_until_ready(demo: subprocess.Popen[str]) -> None:
    for line in demo.stdout or ():
        print(line, end="")
        if line.startswith("Ctrl-C"):
            return
    raise SystemExit("the demo ended before it was ready")


def _take_all(
    chromium: Browser, document: dict[str, object], size: str, width: int, height: int
) -> None:
    page = _page(chromium, size, width, height)
    page.goto(document["public_pages"][0])  # type: ignore[index]
    _take(page, f"public-{size}")
    _sign_in(page, document)
    expect(page.get_by_role("region", name="The shop now")).to_contain_text(
        re.compile(r"\d inside"), timeout=WITHIN_MS
    )
    # the hours are counted every minute only
    expect(page.get_by_text("Not enough days yet")).to_have_count(0, timeout=WITHIN_MS)
    shop = page.url
    _take(page, f"today-{size}")
    page.emulate_media(color_scheme="dark")
    _take(page, f"today-dark-{size}")
    page.emulate_media(color_scheme="light")
    for name, path in PAGES.items():
        page.goto(shop + path)
        _settled(page)
        _take(page, f"{name}-{size}")
    page.goto(f"{shop}/customers")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Purchases")).to_be_visible()
    _settled(page)
    _take(page, f"customer-{size}")
    page.context.close()


def _take_customers(chromium: Browser, document: dict[str, object], size: str, log: Path) -> None:
    """Join from the poster as a customer would, and take what they see."""
    page = _page(chromium, size, *SIZES[size])
    phone = f"+49151{secrets.randbelow(10**8):08}"
    page.goto(document["public_pages"][0] + "/join")  # type: ignore[index]
    page.get_by_label("Your mobile number").fill(phone)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("The code of six digits").fill(_code_for(page, phone, log))
    page.get_by_label("Your name").fill("Asha Rao")
    page.get_by_role("button", name="Join").click()
    page.get_by_role("link", name="See my shops").click()
    expect(page.get_by_role("heading", name="My shops")).to_be_visible()
    _settled(page)
    _take(page, f"my-shops-{size}")
    page.locator("main li a").first.click()
    expect(page.get_by_role("heading", name="What this shop knows")).to_be_visible()
    _settled(page)
    _take(page, f"my-shop-{size}")
    page.context.close()


def _page(chromium: Browser, size: str, width: int, height: int) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=SCALES[size],
        locale="en-GB",
    )
    return context.new_page()


def _code_for(page: Page, phone: str, log: Path) -> str:
    """Read the code from the demo's log, where its texts go."""
    pattern = re.compile(rf"--- to {re.escape(phone)}: [^\n]*\n[^\n]*?\b(\d{{6}})\b")
    for _ in range(100):
        if found := pattern.search(log.read_text()):
            return found[1]
        page.wait_for_timeout(100)
    raise SystemExit(f"no code for {phone} in {log}")


def _settled(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def _sign_in(page: Page, document: dict[str, object]) -> None:
    entry = document["sign_ins"][0]  # type: ignore[index]
    page.goto(str(document["url"]))
    page.get_by_label("Email or phone").fill(entry["login"])
    page.get_by_label("Password").fill(entry["password"])
    page.get_by_role("button", name="Sign in").click()


def _take(page: Page, name: str) -> None:
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    print(os.path.relpath(path, ROOT))


if __name__ == "__main__":
    sys.exit(main())
