"""The demo's owners prove their emails by the codes that are printed."""

from pathlib import Path
from typing import Any

import pytest

from simulators.api import Api, ApiProblem, Json
from simulators.post import codes_to, prove

EMAIL = "lena@linden-bakery.example"


class Shop(Api):
    """An installation that prints codes when it is asked for one; the last one works."""

    def __init__(self, log: Path, verified: list[str], *printed: str) -> None:
        super().__init__("http://127.0.0.1:1")
        self.verified = verified
        self.tries = 0
        self._log = log
        self._printed = printed

    def call(self, method: str, path: str, **request: Any) -> Json:
        if path == "/codes":
            with self._log.open("a") as log:
                log.writelines(map(_printed, self._printed))
        elif path == "/me/contacts":
            self.tries += 1
            if request["json"]["code"] != codes_to(EMAIL, self._log.read_text())[-1]:
                raise ApiProblem(403, "this code is wrong")
            self.verified = ["email"]
        return {"person": {"verified": self.verified}}


def _printed(code: str) -> str:
    lines = (f"--- to {EMAIL}: Your Shopbell code", f"{code} is your Shopbell code.", "---")
    return "".join(f"12:00:01 api.1 | {line}\n" for line in lines)


@pytest.mark.parametrize(
    "printed", [("111111", "222222"), ("222222",), ()], ids=["both late", "another", "no other"]
)
def test_an_owner_is_proven_by_the_code_that_works(
    tmp_path: Path, printed: tuple[str, ...]
) -> None:
    log = tmp_path / "demo.log"
    # more than may be tried of one code
    log.write_text("".join(_printed(f"{number:06}") for number in range(8)))
    shop = Shop(log, [], *printed)
    assert prove(shop, EMAIL, log)
    assert shop.verified == ["email"]
    assert shop.tries <= 3


def test_who_is_proven_asks_for_no_code(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    assert prove(Shop(log, ["email"], "111111"), EMAIL, log)
    assert not log.exists()
