"""From a contact that opens to the browser's changed page, alone and among 200 live streams."""

import contextlib
import http.client
import json
import os
import selectors
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.house import House, house, percentile, wait_until
from benchmarks.raw_mqtt import Publisher, publish_packet
from benchmarks.report import Figure, Options, at_most, main, plain
from simulators.ports import spare_port
from tests.browser import launch_chromium
from wire import messages

LISTENERS = 200
# each process serves 48 streams, and connections are not spread evenly
PROCESSES = 6
LOGIN, PASSWORD = "olga@corner-bakery.example", "a long enough password"
BOOT = 1_700_000_000
GUNICORN = "cloud/app/api/gunicorn_conf.py"
PAUSE_S = 0.4
CHANGED_WITHIN_S = 10.0
OPENED_WITHIN_S = 30.0
# notes when the text about the shop changes
WATCH = """
    window.changes = [];
    const region = document.querySelector('main');
    let text = region.textContent;
    new MutationObserver(() => {
        if (region.textContent !== text) {
            text = region.textContent;
            window.changes.push(Date.now());
        }
    }).observe(region, {subtree: true, childList: true, characterData: true});
"""


def measure(options: Options) -> list[Figure]:
    """Open and close the door, and look at the page."""
    n_changes = 60 if options.is_full else 10
    listeners = LISTENERS if options.is_full else 20
    with house(0) as found, found.worker(), api(found) as port, sync_playwright() as playwright:
        found.wait_until_connected()
        owner = Owner(found, port)
        chromium = launch_chromium(playwright)
        page = owner.open_page(chromium.new_page())
        alone = owner.change(page, n_changes)
        with owner.listening(listeners) as heard:
            among = owner.change(page, n_changes)
            wait_until(lambda: heard.count >= n_changes * listeners, "what the streams say")
        chromium.close()
    return [
        plain("contact to page, p50", statistics.median(alone), "ms"),
        at_most("contact to page, p95", percentile(alone, 0.95), "ms", 300),
        plain("live streams beside the page", listeners, "streams"),
        plain("contact to page among them, p50", statistics.median(among), "ms"),
        at_most("contact to page among them, p95", percentile(among, 0.95), "ms", 300),
        plain("changes that the streams were told", heard.count, "events"),
    ]


@contextlib.contextmanager
def api(found: House) -> Iterator[int]:
    """Serve the API as in production."""
    port = spare_port()
    environment = {
        "SHOPBELL_PORT": str(port),
        "SHOPBELL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(PROCESSES),
    }
    with (found.folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", GUNICORN, "cloud.app.api.wsgi:app"],
            env=os.environ | found.environment | environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: answers(port), "the API")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def answers(port: int) -> bool:
    """Tell whether the API is ready."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


class Heard:
    """Reads what live streams say, all in one thread, and counts the events."""

    def __init__(self) -> None:
        self.count = 0
        self._selector = selectors.DefaultSelector()
        self._connections: list[http.client.HTTPConnection] = []
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def add(self, connection: http.client.HTTPConnection) -> None:
        self._connections.append(connection)
        self._selector.register(connection.sock, selectors.EVENT_READ)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over = True
        self._thread.join()
        for connection in self._connections:
            connection.close()

    def _read(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select(timeout=0.2):
                self.count += key.fileobj.recv(65_536).count(b"event: live")  # type: ignore[union-attr]


class Owner:
    """Owns a shop with one device, and looks at it in a browser."""

    def __init__(self, found: House, port: int) -> None:
        self._house = found
        self._port = port
        self._sequence = 0
        account = {"name": "Olga", "email": LOGIN, "password": PASSWORD}
        self._token = self._ask("POST", "/register", account)["access_token"]
        shop = {"name": "Bakery 2", "country": "DE", "time_zone": "Europe/Berlin"}
        self._shop_id = self._ask("POST", "/shops", shop | {"currency": "EUR"})["id"]
        made = self._ask("POST", f"/shops/{self._shop_id}/devices", {"name": "Front door"})
        credential = made["credential"]
        self._device = Publisher(
            credential["mqtt_host"],
            credential["mqtt_port"],
            credential["username"],
            credential["password"],
        )
        self._say("status", self._birth())

    def open_page(self, page: Page) -> Page:
        """Sign in, and watch the page about the shop."""
        page.goto(f"http://127.0.0.1:{self._port}")
        page.get_by_label("Email or phone").fill(LOGIN)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        region = page.get_by_role("region", name="The shop now")
        region.wait_for()
        self._move_door()
        page.wait_for_timeout(1000)
        page.evaluate(WATCH)
        return page

    def change(self, page: Page, n_changes: int) -> list[float]:
        """Move the door so often; return how long the page took each time, in ms."""
        times_ms: list[float] = []
        for _ in range(n_changes):
            page.evaluate("window.changes.length = 0")
            moved_at_ms = time.time() * 1000
            self._move_door()
            times_ms.append(_first_change(page) - moved_at_ms)
            page.wait_for_timeout(PAUSE_S * 1000)
        return times_ms

    @contextlib.contextmanager
    def listening(self, n_streams: int) -> Iterator[Heard]:
        """Open live streams beside the page."""
        heard = Heard()
        for _ in range(n_streams):
            heard.add(self._open_stream())
        heard.start()
        try:
            yield heard
        finally:
            heard.stop()

    def _open_stream(self) -> http.client.HTTPConnection:
        # a process that has its streams sends us to another
        give_up_at = time.monotonic() + OPENED_WITHIN_S
        while time.monotonic() < give_up_at:
            connection = http.client.HTTPConnection("127.0.0.1", self._port)
            path = f"/api/v1/shops/{self._shop_id}/live/stream"
            connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
            sock = connection.sock
            if connection.getresponse().status == 200:
                connection.sock = sock
                return connection
            connection.close()
        raise TimeoutError(f"expected room for a stream within {OPENED_WITHIN_S:g} s")

    def _move_door(self) -> None:
        self._sequence += 1
        event = {"seq": self._sequence, "up": self._sequence, "at": round(time.time() * 1000)}
        event |= {"kind": "door", "open": self._sequence % 2}
        self._say("event", {"boot": BOOT, "oldest": 1, "events": [event]})

    def _birth(self) -> dict[str, object]:
        return {
            "state": "online", "boot": BOOT, "up": 1, "at": None, "firmware": "1", "rssi": -50,
            "reset": "power_on", "heap_free": 1, "outbox_depth": 0, "outbox_dropped": 0,
        }  # fmt: skip

    def _say(self, channel: str, message: dict[str, object]) -> None:
        topic = self._device.topic.replace("/event", f"/{channel}")
        packet_id = self._sequence % 65_535 + 1
        self._device.send(publish_packet(topic, messages.encode(message), packet_id))

    def _ask(self, method: str, path: str, body: dict[str, object]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "_token"):
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        with contextlib.closing(connection):
            connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise ConnectionError(f"{path}: expected 201, got {answer.status}: {text!r}")
        return dict(json.loads(text))


def _first_change(page: Page) -> float:
    # the page's policy forbids what wait_for_function does
    give_up_at = time.monotonic() + CHANGED_WITHIN_S
    while (found := page.evaluate("window.changes[0] || null")) is None:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"expected the page to change within {CHANGED_WITHIN_S:g} s")
        page.wait_for_timeout(20)
    return float(found)


if __name__ == "__main__":
    main("live_latency", measure)
