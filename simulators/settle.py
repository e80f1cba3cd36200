"""Brings a simulated shop into a running installation, through its public API only."""

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators.api import Api, Json
from simulators.device import Credential, SimulatedDevice
from simulators.past import past_of
from simulators.town import ShopPlan, SimulatedShop, as_csv, make_shop

# which column of the till's export is what
EXPORT_ROLES = {
    "invoice": 0,
    "date": 1,
    "customer": 2,
    "name": 3,
    "email": 4,
    "product": 5,
    "quantity": 6,
    "price": 7,
}

COST_PERCENT = 45
PIECES_LEFT = 150
STOCKED_FOR = dt.timedelta(days=200)


@dataclass(frozen=True)
class SignIn:
    """An owner's name and password, as var/demo.json keeps them."""

    name: str
    login: str
    password: str


@dataclass(frozen=True)
class Settled:
    """A shop that is there, with the credential of its door device."""

    shop_id: str
    credential: Credential


def settle(api: Api, plan: ShopPlan, owner: SignIn, folder: Path, *, seed: int) -> Settled:
    """Register the owner, make the shop, its device and its history, unless they are there."""
    api.register_or_sign_in(name=owner.name, email=owner.login, password=owner.password)
    shop_id = _shop_id(api, plan)
    credential = _credential(api, shop_id, folder / f"{plan.slug}.json")
    if not api.call("GET", f"/shops/{shop_id}/imports")["items"]:
        today = dt.datetime.now(ZoneInfo(plan.time_zone)).date()
        shop = make_shop(plan, today=today, seed=seed)
        # before the import, which says that all of this was done
        _tell_past(credential, shop, today, seed=seed)
        _say_nobody_is_inside(api, shop_id)
        _import_history(api, shop_id, shop)
        _count_stock(api, shop_id, plan)
    api.wait(f"/shops/{shop_id}/scores", lambda run: True, f"scores of {plan.name}")
    return Settled(shop_id, credential)


def _shop_id(api: Api, plan: ShopPlan) -> str:
    for shop in api.call("GET", "/shops")["items"]:
        if shop["slug"] == plan.slug:
            return str(shop["id"])
    body = {
        "slug": plan.slug,
        "name": plan.name,
        "address": plan.address,
        "country": plan.country,
        "time_zone": plan.time_zone,
        "currency": plan.currency,
        "opening_hours": plan.opening_hours,
        "capacity": plan.capacity,
    }
    return str(api.call("POST", "/shops", json=body)["id"])


def _credential(api: Api, shop_id: str, kept: Path) -> Credential:
    if kept.exists():
        return Credential(**json.loads(kept.read_text()))
    made = api.call("POST", f"/shops/{shop_id}/devices", json={"name": "Front door"})["credential"]
    credential = Credential(
        made["mqtt_host"], made["mqtt_port"], made["username"], made["password"]
    )
    _write_private(kept, json.dumps(asdict(credential)))
    return credential


def _tell_past(credential: Credential, shop: SimulatedShop, today: dt.date, *, seed: int) -> None:
    """Let the door tell of the weeks before, as a board does that was long without a network."""
    past = past_of(shop, today, seed=seed)
    device = SimulatedDevice(credential, boot=past.began_ms // 1000, kept=past.events)
    device.start()
    device.leave_when_committed()


def _say_nobody_is_inside(api: Api, shop_id: str) -> None:
    """Count from now on: the night is found within a minute only, and the door opens at once."""
    for site in api.call("GET", f"/shops/{shop_id}/sites")["items"]:
        corrections = f"/shops/{shop_id}/sites/{site['id']}/corrections"
        api.call("POST", corrections, json={"inside": 0, "reason": "before the door opens"})


def _import_history(api: Api, shop_id: str, shop: SimulatedShop) -> None:
    plan = shop.plan
    export = as_csv(shop)
    imports = f"/shops/{shop_id}/imports"
    files = {"file": (f"{plan.slug}.csv", export.encode(), "text/csv")}
    batch = api.call("POST", imports, files=files)
    consent = {"channels": ["email"], "evidence": "ticked on the loyalty card"}
    body = {"mapping": EXPORT_ROLES, "consent": consent}
    api.call("POST", f"{imports}/{batch['id']}/run", json=body)
    done = api.wait(f"{imports}/{batch['id']}", _is_finished, f"import of {plan.name}")
    if done["state"] == "failed":
        raise RuntimeError(f"import of {plan.name}: {done['error']}")


def _count_stock(api: Api, shop_id: str, plan: ShopPlan) -> None:
    """Say what products cost, and that of the one that sells worst many lie there for long."""
    slowest = min(plan.products, key=lambda product: product.popularity)
    stocked = dt.datetime.now(dt.UTC).date() - STOCKED_FOR
    ids = {p["name"]: p["id"] for p in api.call("GET", f"/shops/{shop_id}/products")["items"]}
    for product in plan.products:
        known: dict[str, object] = {
            "price_minor": product.price_minor,
            "cost_minor": product.price_minor * COST_PERCENT // 100,
        }
        if product is slowest:
            known |= {"in_stock": PIECES_LEFT, "first_stocked_on": stocked.isoformat()}
        if product.name in ids:
            api.call("PATCH", f"/shops/{shop_id}/products/{ids[product.name]}", json=known)
    api.call("POST", f"/shops/{shop_id}/scores")


def _is_finished(batch: Json) -> bool:
    return batch["state"] in ("done", "failed")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
