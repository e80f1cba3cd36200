"""What a shop keeps about a customer besides purchases: tags, notes, consent, one timeline."""

import datetime as dt
import uuid

from tests.api.conftest import Somebody, body, made, problem


def customer(owner: Somebody, **values: object) -> str:
    made_one = made(owner.post(f"{owner.url}/customers", {"name": "Asha", **values}))
    return f"{owner.url}/customers/{made_one['id']}"


def test_tags_are_kept_once_each_and_narrow_the_list(owner: Somebody) -> None:
    url = customer(owner, tags=["vegan", "regular", "vegan"])
    customer(owner, tags=["regular"])
    assert body(owner.get(url))["tags"] == ["regular", "vegan"]
    found = body(owner.get(f"{owner.url}/customers", tag="vegan"))["items"]
    assert [one["id"] for one in found] == [url.rsplit("/", 1)[1]]


def test_too_many_tags_are_refused(owner: Somebody) -> None:
    tags = [f"tag {number}" for number in range(21)]
    found = problem(owner.post(f"{owner.url}/customers", {"name": "Asha", "tags": tags}), 422)
    assert found["errors"][0]["expected"] == "at most 20 tags"


def test_a_note_is_written_and_removed(owner: Somebody) -> None:
    url = customer(owner)
    note = made(owner.post(f"{url}/notes", {"text": "likes rye bread"}))
    assert kinds(owner, url) == ["note"]
    assert owner.delete(f"{url}/notes/{note['id']}").status_code == 204
    assert kinds(owner, url) == []
    problem(owner.delete(f"{url}/notes/{note['id']}"), 404)


def test_a_note_is_removed_at_its_own_customer_only(owner: Somebody) -> None:
    note = made(owner.post(f"{customer(owner)}/notes", {"text": "likes rye bread"}))
    problem(owner.delete(f"{customer(owner)}/notes/{note['id']}"), 404)


def test_the_latest_consent_holds_and_all_are_kept(owner: Somebody) -> None:
    url = customer(owner, phone="0151 23456789")
    for action in ("grant", "withdraw"):
        made(owner.post(f"{url}/consents", {"channel": "sms", "action": action}))
    made(owner.post(f"{url}/consents", {"channel": "email", "action": "grant"}))
    kept = body(owner.get(f"{url}/consents"))
    assert kept["holds"] == [
        {"channel": "email", "purpose": "marketing", "is_granted": True},
        {"channel": "sms", "purpose": "marketing", "is_granted": False},
    ]
    assert [(one["channel"], one["action"]) for one in kept["items"]] == [
        ("email", "grant"), ("sms", "withdraw"), ("sms", "grant")
    ]  # fmt: skip
    assert {one["source"] for one in kept["items"]} == {"owner"}


def test_an_unknown_channel_is_refused(owner: Somebody) -> None:
    answer = owner.post(f"{customer(owner)}/consents", {"channel": "fax", "action": "grant"})
    assert problem(answer, 422)["errors"][0]["field"] == "channel"


def test_the_timeline_is_one_list_in_pages(owner: Somebody) -> None:
    url = customer(owner)
    buy(owner, url, "2026-03-14T09:26:53Z", 350)
    buy(owner, url, "2026-03-15T09:26:53Z", 450)
    made(owner.post(f"{url}/consents", {"channel": "sms", "action": "grant"}))
    made(owner.post(f"{url}/notes", {"text": "likes rye bread"}))
    made(owner.post(f"{url}/outreach", {"outcome": "later"}))
    assert kinds(owner, url)[:3] == ["outreach", "note", "consent"]
    first = body(owner.get(f"{url}/timeline", limit=3))
    second = body(owner.get(f"{url}/timeline", limit=4, cursor=first["next_cursor"]))
    assert first["items"][0]["details"]["outcome"] == "later"
    bought = second["items"]
    assert sorted(one["kind"] for one in bought) == ["purchase", "purchase", "visit", "visit"]
    assert [one["details"]["amount_minor"] for one in bought] == [450, 450, 350, 350]
    assert second["next_cursor"] is None


def test_an_analyst_sees_no_names_and_finds_nobody_by_name(
    owner: Somebody, analyst: Somebody
) -> None:
    url = customer(owner, phone="0151 23456789", email="asha@example.com", reference="17")
    seen = body(analyst.get(url))
    assert (seen["name"], seen["phone"], seen["email"]) == (None, None, None)
    assert seen["reference"] == "17"
    customers = f"{owner.url}/customers"
    assert body(analyst.get(customers, search="asha"))["items"] == []
    assert len(body(analyst.get(customers, search="17"))["items"]) == 1
    assert len(body(owner.get(customers, search="asha"))["items"]) == 1
    assert "Asha" not in analyst.get(f"{owner.url}/exports/customers").text


def kinds(owner: Somebody, url: str) -> list[str]:
    return [one["kind"] for one in body(owner.get(f"{url}/timeline"))["items"]]


def buy(owner: Somebody, url: str, at: str, amount_minor: int) -> None:
    purchase = {
        "id": str(uuid.uuid4()),
        "customer_id": url.rsplit("/", 1)[1],
        "occurred_at": dt.datetime.fromisoformat(at).isoformat(),
        "amount_minor": amount_minor,
    }
    made(owner.post(f"{owner.url}/purchases", purchase))
