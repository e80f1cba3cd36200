"""What `shopbell demo` prepares before anything runs."""

import json
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from cloud.app.jobs.demo import demo, write_sign_ins
from cloud.app.jobs.kept_secrets import kept_secret

PRIVATE = 0o600


def test_a_taken_port_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = CliRunner().invoke(demo, ["--port", str(port), "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert f"Port {port} is taken" in result.output
    assert f"SHOPBELL_PORT={port + 1} make demo" in result.output
    assert list(tmp_path.iterdir()) == []


def test_sign_ins_are_kept_and_the_address_follows_the_port(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    write_sign_ins(path, "http://127.0.0.1:8000")
    first = json.loads(path.read_text())
    write_sign_ins(path, "http://127.0.0.1:8001")
    second = json.loads(path.read_text())

    assert second["sign_ins"] == first["sign_ins"]
    assert len({entry["password"] for entry in first["sign_ins"]}) == len(first["sign_ins"])
    assert second["url"] == "http://127.0.0.1:8001"
    assert all(page.startswith(second["url"]) for page in second["public_pages"])
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "secrets", "secret-key").read_text()
    path = kept_secret(tmp_path / "secrets", "secret-key")
    assert path.read_text() == first
    assert kept_secret(tmp_path / "secrets", "another").read_text() != first
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE


@pytest.mark.parametrize("name", ["linden-bakery", "marigold-flowers"])
def test_the_town_finds_an_owner_for_each_of_its_shops(tmp_path: Path, name: str) -> None:
    write_sign_ins(tmp_path / "demo.json", "http://127.0.0.1:8000")
    owners = json.loads((tmp_path / "demo.json").read_text())["sign_ins"]
    assert [entry["name"] for entry in owners if entry["shop"] == name]
