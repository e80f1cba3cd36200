"""A small client of the public HTTP API, as any program outside the house would write it."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import requests

Json = dict[str, Any]

TIMEOUT_S = 30
DEADLINE_S = 120


class ApiProblem(Exception):
    """The API refused; the text is its own sentence."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(f"{status}: {detail}")


class Api:
    """One signed-in person's view of the API."""

    def __init__(self, base_url: str) -> None:
        self._ready_url = f"{base_url}/readyz"
        self._base_url = f"{base_url}/api/v1"
        self._session = requests.Session()
        self._login: tuple[str, str] | None = None

    def wait_until_ready(self) -> None:
        """Wait until the installation answers; raise TimeoutError after two minutes."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.RequestException):
                if self._session.get(self._ready_url, timeout=TIMEOUT_S).ok:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"{self._ready_url}: not ready within {DEADLINE_S} s")

    def register_or_sign_in(self, *, name: str, email: str, password: str) -> None:
        """Sign a person in, or register them when there is no such account yet."""
        try:
            self.sign_in(email, password)
        except ApiProblem as problem:
            if problem.status != requests.codes.unauthorized:
                raise
            body = {"name": name, "email": email, "password": password}
            self._take_token(self.call("POST", "/register", json=body))
        self._login = (email, password)

    def sign_in(self, login: str, password: str) -> None:
        """Sign in; later calls act for this person."""
        self._login = None
        body = {"login": login, "password": password}
        self._take_token(self.call("POST", "/tokens", json=body))
        self._login = (login, password)

    def call(self, method: str, path: str, **request: Any) -> Json:
        """Make a request; sign in anew when the access token has ended."""
        response = self._session.request(
            method, self._base_url + path, timeout=TIMEOUT_S, **request
        )
        if response.status_code == requests.codes.unauthorized and self._login:
            self.sign_in(*self._login)
            response = self._session.request(
                method, self._base_url + path, timeout=TIMEOUT_S, **request
            )
        if not response.ok:
            raise ApiProblem(response.status_code, _detail(response))
        return dict(response.json()) if response.content else {}

    def wait(self, path: str, done: Callable[[Json], bool], what: str) -> Json:
        """Read a resource until it is as wanted; raise TimeoutError after two minutes."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            try:
                found = self.call("GET", path)
            except ApiProblem as problem:
                if problem.status != requests.codes.not_found:
                    raise
            else:
                if done(found):
                    return found
            time.sleep(0.2)
        raise TimeoutError(f"{what}: not within {DEADLINE_S} s")

    def _take_token(self, answer: Json) -> None:
        self._session.headers["Authorization"] = f"Bearer {answer['access_token']}"


def _detail(response: requests.Response) -> str:
    try:
        return str(response.json().get("detail", response.reason))
    except ValueError:
        return response.reason
