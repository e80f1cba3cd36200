"""How soon the pages serve on a slow phone, and how smoothly ten thousand customers scroll.

The phone is Chromium with a CPU slowed down four times and a slow 4G network, through the DevTools
protocol; the scrolling is measured at normal speed.
"""

import statistics

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from benchmarks.report import Figure, Options, at_most, main, plain
from benchmarks.web_house import LOGIN, PASSWORD, Site, web_house
from tests.browser import launch_chromium

PHONE: ViewportSize = {"width": 360, "height": 740}
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
CPU_SLOWDOWN = 4
WITHIN_MS = 60_000
SCROLL_STEPS = 120
STEP_PX = 600
# more than ten thousand cards on a phone are high
TO_THE_END_PX = 10_000_000
LOOK_MS = 50

PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list) =>
    resolve(list.getEntriesByName('first-contentful-paint')[0].startTime)
).observe({type: 'paint', buffered: true}))"""
# the time from a key or a click to the frame that answers it
WATCH_INPUT = """() => { window.delays = []; new PerformanceObserver((list) =>
    window.delays.push(...list.getEntries().map((entry) => entry.duration))
).observe({type: 'event', durationThreshold: 16, buffered: true}); }"""
WATCH_FRAMES = """() => { window.frames_ms = []; let last = performance.now();
    const tick = (now) => { window.frames_ms.push(now - last); last = now;
        requestAnimationFrame(tick); }; requestAnimationFrame(tick); }"""


def measure(options: Options) -> list[Figure]:
    """Every figure; runs are repeated and the median is told."""
    runs = 5 if options.is_full else 1
    n_customers = 10_000 if options.is_full else 2_000
    with web_house(n_customers) as site, sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        signed_in = _signed_in(chromium, site)
        public = [_public_ms(chromium, site) for _ in range(runs)]
        today = [_today(site, signed_in) for _ in range(runs)]
        frames = _frames(site, signed_in, n_customers)
        chromium.close()
    usable, delay = zip(*today, strict=True)
    return [
        at_most("public page readable", statistics.median(public) / 1000, "s", 1.5),
        at_most("Today usable, nothing cached", statistics.median(usable) / 1000, "s", 3.5),
        at_most("input delay on Today", max(delay), "ms", 100),
        at_most(f"longest frame of {n_customers} customers scrolled", max(frames), "ms", 50),
        plain("median frame while scrolling", statistics.median(frames), "ms"),
    ]


def _signed_in(chromium: Browser, site: Site) -> BrowserContext:
    context = chromium.new_context(viewport=PHONE, locale="en-GB", service_workers="block")
    page = context.new_page()
    page.goto(site.shop_url)
    page.get_by_label("Email or phone").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Takings")).to_be_visible()
    page.close()
    return context


def _slow_page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(WITHIN_MS)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    tools.send("Network.emulateNetworkConditions", SLOW_4G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    return page


def _public_ms(chromium: Browser, site: Site) -> float:
    context = chromium.new_context(viewport=PHONE)
    page = _slow_page(context)
    page.goto(site.public_url)
    painted = float(page.evaluate(PAINTED))
    context.close()
    return painted


def _today(site: Site, signed_in: BrowserContext) -> tuple[float, float]:
    """Return milliseconds until the figures of the day stand there, and the longest input delay."""
    page = _slow_page(signed_in)
    page.goto(site.shop_url, wait_until="commit")
    page.get_by_text("Takings").wait_for()
    usable = float(page.evaluate("performance.now()"))
    page.evaluate(WATCH_INPUT)
    for _ in range(3):
        page.get_by_role("button", name="Account").click()
        page.keyboard.press("Escape")
    delays = page.evaluate("new Promise((done) => requestAnimationFrame(() => done(delays)))")
    page.close()
    return usable, max(delays, default=0.0)


def _frames(site: Site, signed_in: BrowserContext, n_customers: int) -> list[float]:
    """Return the milliseconds of each frame: down while more rows come, then up with all there."""
    page = signed_in.new_page()
    page.goto(f"{site.shop_url}/customers")
    page.get_by_role("table").wait_for()
    page.evaluate(WATCH_FRAMES)
    _scroll(page, STEP_PX)
    coming: list[float] = page.evaluate("frames_ms.splice(0)")
    _load_all(page, n_customers)
    page.evaluate("frames_ms.length = 0")
    _scroll(page, -STEP_PX)
    there: list[float] = page.evaluate("frames_ms")
    page.close()
    return [*coming, *there]


def _scroll(page: Page, step_px: int) -> None:
    for _ in range(SCROLL_STEPS):
        page.mouse.wheel(0, step_px)
        page.evaluate("new Promise(requestAnimationFrame)")


def _load_all(page: Page, n_customers: int) -> None:
    """Go down until every customer is in the table."""
    told = page.get_by_text(f"{n_customers} customers shown", exact=True)
    while not told.is_visible():
        page.mouse.wheel(0, TO_THE_END_PX)
        page.wait_for_timeout(LOOK_MS)


if __name__ == "__main__":
    main("web_speed", measure)
