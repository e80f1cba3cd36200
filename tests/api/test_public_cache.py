"""Public answers kept for a moment: made once for all, and only what is everybody's."""

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from cloud.app.api import public_cache
from cloud.app.api.public_cache import PublicCache


class Shop:
    """An application that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers = {"Cache-Control": "public, max-age=5", "X-RateLimit-Remaining": "7"}
        self.status = 200

    def client(self) -> Client:
        return Client(PublicCache(Request.application(self.answer), ("/s/",)))

    def answer(self, request: Request) -> Response:
        self.asked.append(request.full_path)
        response = Response(f"answer {len(self.asked)}", self.status, headers=self.headers)
        response.set_etag(f"tag-{len(self.asked)}")
        return response.make_conditional(request)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_answer_is_made_once_and_carries_nothing_of_who_asked_first(shop: Shop) -> None:
    client = shop.client()
    texts = [client.get("/s/bakery").text for _ in range(3)]
    assert texts == ["answer 1"] * 3
    assert "X-RateLimit-Remaining" not in client.get("/s/bakery").headers
    assert client.get("/s/florist").text == "answer 2"
    assert len(shop.asked) == 2


def test_who_has_it_is_told_so_from_the_first_time_on(shop: Shop) -> None:
    client = shop.client()
    seen = {"If-None-Match": '"tag-1"'}
    for _ in range(2):
        answer = client.get("/s/bakery", headers=seen)
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == '"tag-1"'
        assert "Content-Type" not in answer.headers
    assert client.get("/s/bakery").text == "answer 1"
    assert client.get("/s/bakery", headers={"If-None-Match": '"old"'}).status_code == 200


def test_it_is_made_anew_after_a_moment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_cache, "KEEP_S", 0.0)
    client = shop.client()
    assert [client.get("/s/bakery").text for _ in range(2)] == ["answer 1", "answer 2"]


def test_each_language_is_kept_apart(shop: Shop) -> None:
    client = shop.client()
    texts = [client.get(path).text for path in ("/s/bakery/de", "/s/bakery/hi", "/s/bakery/de")]
    assert texts == ["answer 1", "answer 2", "answer 1"]


@pytest.mark.parametrize("path", ["/s/bakery?r=1", "/s/bakery/join", "/t/bakery"])
def test_what_is_not_named_by_its_path_alone_is_not_kept(shop: Shop, path: str) -> None:
    client = shop.client()
    assert [client.get(path).text for _ in range(2)] == ["answer 1", "answer 2"]


@pytest.mark.parametrize(
    "header",
    [
        {"Cache-Control": "no-store"},
        {"Vary": "Accept-Language"},
        {"Set-Cookie": "a=b"},
    ],
    ids=["private", "varied", "cookie"],
)
def test_what_is_not_everybody_s_is_not_kept(shop: Shop, header: dict[str, str]) -> None:
    shop.headers |= header
    client = shop.client()
    assert [client.get("/s/bakery").text for _ in range(2)] == ["answer 1", "answer 2"]


def test_failures_and_changes_are_not_kept(shop: Shop) -> None:
    client = shop.client()
    assert [client.post("/s/bakery").text for _ in range(2)] == ["answer 1", "answer 2"]
    shop.status = 404
    assert [client.get("/s/bakery").status_code for _ in range(2)] == [404, 404]
    assert len(shop.asked) == 4


def test_what_is_compressed_is_kept_apart_from_what_is_plain(shop: Shop) -> None:
    shop.headers |= {"Vary": "Accept-Encoding"}
    client = shop.client()
    gzip = {"Accept-Encoding": "br, gzip;q=0.5"}
    texts = [client.get("/s/bakery", headers=h).text for h in ({}, gzip, {}, gzip)]
    assert texts == ["answer 1", "answer 2", "answer 1", "answer 2"]


def test_who_has_what_is_not_kept_is_told_so_too(shop: Shop) -> None:
    shop.headers |= {"Vary": "Accept-Language"}
    answer = shop.client().get("/s/bakery", headers={"If-None-Match": '"tag-1"'})
    assert (answer.status_code, answer.data) == (304, b"")
