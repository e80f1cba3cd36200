"""A life with an installation, and what its logs know of it afterwards: nothing."""

import secrets
import uuid
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from cloud.app.jobs.broker import BrokerFolder
from cloud.app.jobs.certificates import Certificates
from cloud.app.settings import Settings
from tests.installation import Installation, running
from tests.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.services.test_messengers import certificates
from tests.waiting import WITHIN_S, wait_until

__all__ = ["certificates"]


class Traces:
    """What is known of one person, each so that nobody else has it."""

    def __init__(self) -> None:
        token = secrets.token_hex(4)
        self.name = f"Zebulonia Q{token}"
        self.email = f"zebulonia-{token}@example.com"
        self.phone = f"+49151{secrets.randbelow(10**8):08}"
        self.password = f"battery staple {token}"
        self.note = f"hums {token} at the till"
        self.address = f"203.0.113.{secrets.randbelow(200)}"
        self.tokens: list[str] = []

    def found_in(self, text: str) -> list[str]:
        words = (self.name, self.email, self.phone, self.password, self.note, self.address)
        return [trace for trace in (*words, *self.tokens) if trace in text]


@pytest.fixture
def mail(certificates: Certificates) -> Iterator[MailServer]:
    with mail_server(certificates) as server:
        yield server


def test_a_life_leaves_no_trace_in_the_logs(
    own_settings: Settings,
    mosquitto: BrokerFolder,
    tmp_path: Path,
    certificates: Certificates,
    mail: MailServer,
) -> None:
    post = {
        "SHOPBELL_SMTP_URL": f"smtp://{quote(USER)}:{quote(PASSWORD)}@127.0.0.1:{mail.port}",
        "SSL_CERT_FILE": str(certificates.authority),
        "SHOPBELL_TRUSTED_PROXIES": "1",
    }
    traces = Traces()
    with running(own_settings, mosquitto, tmp_path, "api", "ingest", "worker", **post) as house:
        live(house, mail, traces)
        logs = {name: house.log_of(name) for name in ("api", "ingest", "worker")}
    assert "POST /api/v1/register 201" in logs["api"]
    assert "import" in logs["worker"]
    assert [
        (name, traces.found_in(log)) for name, log in logs.items() if traces.found_in(log)
    ] == []


def live(house: Installation, mail: MailServer, traces: Traces) -> None:
    """Sign up, be a customer twice over, be imported, make mistakes, and be erased."""
    asked = Asked(house.url, traces)
    account = {"name": traces.name, "email": traces.email, "password": traces.password}
    asked("POST", "/register", 201, {**account, "transport": "body"})
    asked("POST", "/tokens", 401, {"login": traces.email, "password": f"{traces.password}!"})
    proof = {"contact": traces.email, "code": code_of(mail)}
    asked("POST", "/me/contacts", 200, proof)
    asked("POST", "/tokens/refresh", 200, {"refresh_token": traces.tokens[-1]})
    asked("GET", f"/me?email={traces.email}&token={traces.tokens[0]}", 200)
    asked("POST", "/nothing", 404, raw=f'{{"name": "{traces.name}')
    asked("POST", "/register", 400, raw=f'{{"name": "{traces.name}')
    shop = {"name": traces.name, "country": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}
    url = f"/shops/{asked('POST', '/shops', 201, shop)['id']}"
    customer = {"name": traces.name, "phone": traces.phone, "reference": traces.note}
    customer_id = asked("POST", f"{url}/customers", 201, customer)["id"]
    asked("POST", f"{url}/customers", 409, customer)
    asked("GET", f"{url}/customers?search={traces.name}", 200)
    asked("POST", f"{url}/customers/{customer_id}/notes", 201, {"text": traces.note})
    sale = {"id": str(uuid.uuid4()), "occurred_at": "2026-03-14T12:00:00Z", "amount_minor": 450}
    asked("POST", f"{url}/purchases", 201, {**sale, "customer_id": customer_id})
    be_imported(asked, url, traces)
    asked("POST", "/password-resets", 202, {"login": traces.email})
    wait_until(lambda: "new-password" in text_of(mail.messages[-1]), "the link by mail")
    traces.tokens.append(text_of(mail.messages[-1]).partition("#")[2].split()[0])
    asked("DELETE", f"{url}/customers/{customer_id}", 200)


def be_imported(asked: "Asked", url: str, traces: Traces) -> None:
    rows = (
        f"name,phone,date,amount\n{traces.name},{traces.phone},2026-01-02,3.50\n{traces.note},,,\n"
    )
    batch = asked("POST", f"{url}/imports", 201, file=rows)
    columns = {"name": 0, "phone": 1, "date": 2, "amount": 3}
    asked("POST", f"{url}/imports/{batch['id']}/run", 202, {"mapping": columns})
    path = f"{url}/imports/{batch['id']}"
    wait_until(lambda: asked("GET", path, 200)["state"] == "done", "the end of the import")


class Asked:
    """Asks the API as the person; keeps the tokens that it is given among the traces."""

    def __init__(self, url: str, traces: Traces) -> None:
        self._url, self._traces = f"{url}/api/v1", traces

    def __call__(
        self,
        method: str,
        path: str,
        status: int,
        json: object = None,
        *,
        file: str = "",
        raw: str = "",
    ) -> Any:
        headers = {"X-Forwarded-For": self._traces.address, "User-Agent": self._traces.name}
        if self._traces.tokens:
            headers["Authorization"] = f"Bearer {self._traces.tokens[0]}"
        given: dict[str, Any] = {"json": json} if json is not None else {}
        if file:
            given = {"files": {"file": (f"{self._traces.name}.csv", file)}}
        if raw:
            given, headers["Content-Type"] = {"data": raw}, "application/json"
        answer = requests.request(
            method, f"{self._url}{path}", headers=headers, timeout=WITHIN_S, **given
        )
        assert answer.status_code == status, answer.text
        found = answer.json() if answer.content else None
        if isinstance(found, dict) and "refresh_token" in found:
            self._traces.tokens += [found["access_token"], found["refresh_token"]]
        return found


def code_of(mail: MailServer) -> str:
    wait_until(lambda: bool(mail.messages), "a code by mail")
    return text_of(mail.messages[-1])[:6]


def text_of(message: Message) -> str:
    return message.get_payload(decode=True).decode()  # type: ignore[union-attr]
