"""What Prometheus is told, by an ingest worker and by an API of several processes."""

import contextlib
import urllib.request
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from cloud.app.jobs.broker import Mosquitto
from cloud.app.settings import Settings
from simulators.ports import spare_port
from tests.ingest.messages import BOOT, batch, passage
from tests.ingest.running import Board
from tests.installation import running
from tests.waiting import WITHIN_S, wait_until

STREAMS = 6


def test_worker_and_api_tell_what_they_do(
    own_settings: Settings, own_mosquitto: Mosquitto, tmp_path: Path
) -> None:
    mosquitto = own_mosquitto.folder
    ingest, api = spare_port(), spare_port()
    changed = {
        "SHOPBELL_METRICS_PORT": str(ingest),
        "SHOPBELL_API_METRICS_PORT": str(api),
        "WEB_CONCURRENCY": "2",
    }
    with running(own_settings, mosquitto, tmp_path, "api", "ingest", **changed) as processes:
        owner = Owner(processes.url)
        credential = owner.post(f"{owner.shop}/devices", {"name": "Door"})["credential"]
        with Board(mosquitto, credential["username"], credential["password"]) as board:
            board.send(batch(passage(1), passage(2)))
            board.wait_for_ack(BOOT, 2)
            board.send(batch(passage(2), {"seq": 3}))
            board.wait_for_ack(BOOT, 3)
        told = figures(ingest)
        assert told["shopbell_ingest_events_total"] == 2
        assert told["shopbell_ingest_duplicates_total"] == 1
        assert told["shopbell_ingest_rejected_total"] == 1
        assert told["shopbell_ingest_batch_messages_sum"] == 2
        assert told["shopbell_ingest_lag_seconds_count"] == 2
        assert told["shopbell_ingest_waiting_messages"] == 0
        assert (told["shopbell_ingest_database_up"], told["shopbell_ingest_broker_up"]) == (1, 1)

        with contextlib.ExitStack() as streams:
            for _ in range(STREAMS):
                streams.enter_context(owner.listen())
            wait_until(lambda: figures(api)["shopbell_api_listeners"] == STREAMS, "the listeners")
            assert figures(api)["shopbell_api_live_events_total"] >= STREAMS


class Owner:
    """Owns a bakery, and asks the API for it."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1"
        self._session = requests.Session()
        account = {"name": "Olga", "email": "olga@example.com", "password": "a long password"}
        token = self.post("/register", account)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        shop = {"name": "Bakery", "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}
        self.shop = f"/shops/{self.post('/shops', shop)['id']}"

    @property
    def authorization(self) -> str:
        """What its requests carry."""
        return str(self._session.headers["Authorization"])

    def post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        answer = self._session.post(self._url + path, json=body, timeout=WITHIN_S)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def listen(self) -> requests.Response:
        """Open a live stream, and hear the state that it begins with."""
        path = f"{self._url}{self.shop}/live/stream"
        stream = self._session.get(path, stream=True, timeout=WITHIN_S)
        assert next(stream.iter_lines()).startswith(b"id: ")
        return stream


def figures(port: int) -> dict[str, float]:
    """Return every figure by its name; of histograms the count and the sum."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=WITHIN_S) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples}
