"""Pages outside the API: health, the public page, the web client, the API's own page."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cloud.app.settings import Settings
from tests.api.conftest import API, Somebody, body, make_app, move_to_noon, problem


def slug_of(owner: Somebody) -> str:
    return str(body(owner.get(owner.url))["slug"])


def test_health_and_readiness(client: FlaskClient) -> None:
    assert body(client.get("/healthz")) == {"status": "ok"}
    assert body(client.get("/readyz")) == {"status": "ok"}


def test_it_is_alive_but_not_ready_without_a_database(settings: Settings) -> None:
    nowhere = settings.database_url.set(database="no_such_database")
    client = make_app(dataclasses.replace(settings, database_url=nowhere)).test_client()
    assert client.get("/healthz").status_code == 200
    found = problem(client.get("/readyz"), 503)
    assert found["type"] == "/problems/not-ready"


def test_the_public_page_is_small_and_needs_no_script(owner: Somebody, client: FlaskClient) -> None:
    owner.patch(owner.url, {"opening_hours": "24/7", "address": "Am <Markt> 1"})
    answer = client.get(f"/s/{slug_of(owner)}/en")
    assert answer.status_code == 200
    assert len(answer.data) < 50_000
    assert "<script" not in answer.text
    assert "Hours say open" in answer.text
    assert "By the published hours." in answer.text
    assert "Am &lt;Markt&gt; 1" in answer.text
    assert 'property="og:title"' in answer.text
    assert answer.text.count("all day") == 7


def test_the_public_page_speaks_the_shop_s_language_and_any_other_on_request(
    owner: Somebody, client: FlaskClient
) -> None:
    slug = slug_of(owner)
    assert '<html lang="de">' in client.get(f"/s/{slug}").text
    owner.patch(owner.url, {"language": "hi"})
    for path, language in ((f"/s/{slug}/de", "de"), (f"/s/{slug}/en", "en")):
        answer = client.get(path)
        assert f'<html lang="{language}">' in answer.text
        assert f'href="/s/{slug}/hi"' in answer.text
        assert answer.headers["Cache-Control"] == "public, max-age=15"


def test_the_public_page_knows_the_days_that_have_other_hours(
    owner: Somebody, client: FlaskClient
) -> None:
    owner.patch(owner.url, {"opening_hours": "24/7"})
    tomorrow = dt.datetime.now(move_to_noon(owner)).date() + dt.timedelta(days=1)
    assert (
        owner.post(f"{owner.url}/exceptions", {"date": str(tomorrow), "hours": None}).status_code
        == 201
    )
    page = client.get(f"/s/{slug_of(owner)}/en").text
    assert page.count("all day") == 6
    assert page.count("<td>closed</td>") == 1


def test_the_public_page_says_what_the_owner_says(owner: Somebody, client: FlaskClient) -> None:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15)
    word = {"is_open": False, "until": until.isoformat(), "message": "Back in <15> minutes"}
    assert owner.post(f"{owner.url}/override", word).status_code == 201
    page = client.get(f"/s/{slug_of(owner)}/en").text
    assert "Closed now" in page
    assert "“Back in &lt;15&gt; minutes”" in page


def test_an_unknown_shop_has_no_public_page(client: FlaskClient) -> None:
    answer = client.get("/s/nobody-here")
    assert answer.status_code == 404
    assert "no shop at this address" in answer.text
    problem(client.get(f"{API}/public/shops/nobody-here"), 404)


def test_the_public_status_tells_no_number_of_people(owner: Somebody, client: FlaskClient) -> None:
    public = body(client.get(f"{API}/public/shops/{slug_of(owner)}"))
    assert set(public) == {
        "slug", "name", "address", "time_zone", "opening_hours", "status", "crowd", "opens_at",
        "closes_at", "quiet_from", "quiet_until",
    }  # fmt: skip
    assert set(public["status"]) == {
        "is_open", "since", "source", "until", "message", "sensor_seen_at", "checked_at"
    }  # fmt: skip


@pytest.fixture
def built(settings: Settings, tmp_path: Path) -> FlaskClient:
    """A server whose web client is built."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Client</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("start()")
    return make_app(dataclasses.replace(settings, web_dir=tmp_path)).test_client()


def test_every_other_address_opens_the_web_client(built: FlaskClient) -> None:
    for path in ("/", "/customers/1", "/a.b/c"):
        answer = built.get(path)
        assert answer.text == "<title>Client</title>", path
        assert answer.headers["Cache-Control"] == "no-cache"


def test_hashed_files_are_cached_and_missing_ones_are_not_the_page(built: FlaskClient) -> None:
    answer = built.get("/assets/app-1a2b.js")
    assert answer.text == "start()"
    assert "immutable" in answer.headers["Cache-Control"]
    assert built.get("/assets/app-old.js").status_code == 404
    assert built.get("/assets/../../etc/passwd").status_code != 200


def test_a_file_is_sent_as_small_as_the_browser_can_read_it(
    built: FlaskClient, tmp_path: Path
) -> None:
    smaller = {"br": b"as brotli", "gzip": b"as gzip"}
    (tmp_path / "assets" / "app-1a2b.js.br").write_bytes(smaller["br"])
    (tmp_path / "assets" / "app-1a2b.js.gz").write_bytes(smaller["gzip"])
    path = "/assets/app-1a2b.js"
    for accepted, expected in (
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
    ):
        answer = built.get(path, headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == expected
        assert answer.data == smaller[expected]
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Vary"] == "Accept-Encoding"
    plain = built.get(path)
    assert "Content-Encoding" not in plain.headers
    assert (plain.text, plain.headers["Vary"]) == ("start()", "Accept-Encoding")


def test_a_client_that_is_not_built_is_said_in_one_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    client = make_app(dataclasses.replace(settings, web_dir=tmp_path)).test_client()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text


def test_the_page_of_the_api_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get(f"{API}/docs").text
    assert "http" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "favicon-32x32.png"):
        answer = client.get(f"{API}/docs/{name}")
        assert answer.status_code == 200, name
        answer.close()
    spec = body(client.get(f"{API}/docs/openapi.json"))
    assert spec["openapi"].startswith("3.0")
    assert '"null"' not in client.get(f"{API}/docs/openapi.json").text


def test_the_page_has_an_etag_and_answers_304_to_who_has_it(
    owner: Somebody, client: FlaskClient
) -> None:
    first = client.get(f"/s/{slug_of(owner)}")
    assert first.headers["Cache-Control"] == "public, max-age=15"
    seen = {"If-None-Match": first.headers["ETag"]}
    again = client.get(f"/s/{slug_of(owner)}", headers=seen)
    assert (again.status_code, again.data) == (304, b"")
