"""The demo's owners prove their emails by the codes that are printed."""

from pathlib import Path
from typing import Any

from simulators.api import Api, ApiProblem, Json
from simulators.post import prove

EMAIL = "lena@linden-bakery.example"


class Shop(Api):
    """An installation that prints a code for whoever asks; the one before works no more."""

    def __init__(self, log: Path, verified: list[str]) -> None:
        super().__init__("http://127.0.0.1:1")
        self.verified = verified
        self._log = log

    def call(self, method: str, path: str, **request: Any) -> Json:
        if path == "/codes":
            # what was sent with the account is printed only now
            self._log.write_text(_printed("111111") + _printed("222222"))
        elif path == "/me/contacts":
            if request["json"] != {"contact": EMAIL, "code": "222222"}:
                raise ApiProblem(403, "this code is wrong")
            self.verified = ["email"]
        return {"person": {"verified": self.verified}}


def _printed(code: str) -> str:
    lines = (f"--- to {EMAIL}: Your Shopbell code", f"{code} is your Shopbell code.", "---")
    return "".join(f"12:00:01 api.1 | {line}\n" for line in lines)


def test_an_owner_is_proven_by_the_code_that_works(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    log.write_text(_printed("000000"))
    shop = Shop(log, [])
    assert prove(shop, EMAIL, log)
    assert shop.verified == ["email"]


def test_who_is_proven_asks_for_no_code(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    assert prove(Shop(log, ["email"]), EMAIL, log)
    assert not log.exists()
