"""What goes on at a shop's door while the demo runs: people come, look, buy, and leave."""

import datetime as dt
import random
import threading
import uuid

import click

from simulators.api import Api, ApiProblem
from simulators.doors import Board
from simulators.town import ShopPlan, amount_minor, basket

BUYER_SHARE = 0.55
# a new board measures the floor first, once the door has been still for a while
CALIBRATED_AFTER_S = 9


class Street:
    """The people of one shop. Two come soon, so that a visitor of the demo sees something move."""

    def __init__(self, plan: ShopPlan, board: Board, till: "Till", *, seed: int) -> None:
        self._plan = plan
        self._board = board
        self._till = till
        self._chance = random.Random(f"street/{plan.slug}/{seed}")
        self._inside = 0

    def run(self, stopped: threading.Event) -> None:
        """Open the door and let people walk until told to stop."""
        self._board.open_door()
        stopped.wait(CALIBRATED_AFTER_S)
        for _ in range(2):
            self._enter()
            stopped.wait(3)
        while not stopped.wait(self._chance.uniform(6, 20)):
            if self._chance.random() < self._inside / self._plan.capacity * 1.6:
                self._leave()
            else:
                self._enter()

    def _enter(self) -> None:
        self._board.walk_in()
        self._inside += 1

    def _leave(self) -> None:
        if self._chance.random() < BUYER_SHARE:
            self._till.sell(self._chance)
        self._board.walk_out()
        self._inside -= 1


class Till:
    """The shop's till: it records sales through the API, and keeps those that it could not send."""

    def __init__(self, api: Api, shop_id: str, plan: ShopPlan) -> None:
        self._api = api
        self._path = f"/shops/{shop_id}/purchases"
        self._plan = plan
        self._customer_ids = self._regulars(shop_id)
        self._unsent: list[dict[str, object]] = []

    def sell(self, chance: random.Random) -> None:
        """Ring up a basket for one of the regulars, or for somebody unknown."""
        lines = basket(self._plan, chance)
        is_known = bool(self._customer_ids) and chance.random() < 0.7
        self._unsent.append(
            {
                "id": str(uuid.uuid4()),
                "customer_id": chance.choice(self._customer_ids) if is_known else None,
                "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
                "amount_minor": amount_minor(lines),
                "lines": [
                    {
                        "product": line.product.name,
                        "quantity": line.quantity,
                        "amount_minor": line.quantity * line.product.price_minor,
                    }
                    for line in lines
                ],
            }
        )
        self._send()

    def _send(self) -> None:
        while self._unsent:
            try:
                self._api.call("POST", self._path, json=self._unsent[0])
            except (ApiProblem, OSError) as problem:
                click.echo(f"till of {self._plan.name}: kept {len(self._unsent)} sales: {problem}")
                return
            self._unsent.pop(0)

    def _regulars(self, shop_id: str) -> list[str]:
        # those who buy often and are not lost: the sorting is the API's
        path = f"/shops/{shop_id}/customers?risk=low&limit=50"
        return [customer["id"] for customer in self._api.call("GET", path)["items"]]


def run_in_thread(street: Street, stopped: threading.Event) -> threading.Thread:
    """Let a street go its way beside the others."""
    thread = threading.Thread(target=street.run, args=(stopped,), daemon=True)
    thread.start()
    return thread
