"""Answers made small on their way."""

import gzip
import json

from tests.api.conftest import Somebody, body, made

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def many_customers(owner: Somebody) -> str:
    for number in range(20):
        made(owner.post(f"{owner.url}/customers", {"name": f"Customer {number}"}))
    return f"{owner.url}/customers"


def test_a_long_answer_is_compressed_for_who_reads_it(owner: Somebody) -> None:
    path = many_customers(owner)
    plain = owner.get(path)
    small = owner.client.get(path, headers={**owner.headers, **GZIP})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 4
    assert json.loads(gzip.decompress(small.data)) == body(plain)
    assert "Content-Encoding" not in plain.headers


def test_a_compressed_answer_is_known_again_by_its_etag(owner: Somebody) -> None:
    path = many_customers(owner)
    etag = owner.client.get(path, headers={**owner.headers, **GZIP}).headers["ETag"]
    again = owner.client.get(path, headers={**owner.headers, **GZIP, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_short_or_has_no_end_is_left_as_it_is(owner: Somebody) -> None:
    short = owner.client.get("/api/v1/me/sessions", headers={**owner.headers, **GZIP})
    assert "Content-Encoding" not in short.headers
    stream = owner.client.get(
        f"{owner.url}/live/stream", headers={**owner.headers, **GZIP}, buffered=False
    )
    assert "Content-Encoding" not in stream.headers
    stream.close()
