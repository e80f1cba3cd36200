"""`shopbell simulate`: a town of shops, so that everything can be seen without any hardware."""

import json
import signal
import threading
from collections import Counter
from pathlib import Path

import click

from simulators.api import Api, Json
from simulators.board.crowds import SCENARIOS
from simulators.board.passages import Shopbell, play
from simulators.doors import Board, start_board
from simulators.post import prove
from simulators.settle import SignIn, settle
from simulators.street import Street, Till, run_in_thread
from simulators.town import PLANS


@click.group()
def simulate() -> None:
    """Simulated shops, doors and people."""


@simulate.command()
@click.option("--api", "api_url", required=True, help="Address of the installation.")
@click.option("--sign-ins", type=click.Path(exists=True, path_type=Path), required=True,
              help="JSON file with the owners' sign-ins, as var/demo.json.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path), required=True,
              help="Where credentials and the boards' flash are kept.")  # fmt: skip
@click.option("--post", type=click.Path(path_type=Path),
              help="Log with the codes that are sent: proves the owners' emails.")  # fmt: skip
@click.option("--seed", default=1, show_default=True)
def town(api_url: str, sign_ins: Path, folder: Path, post: Path | None, seed: int) -> None:
    """Settle two shops with a year and a half of customers, and let people walk in and out."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    owners = {entry["shop"]: entry for entry in json.loads(sign_ins.read_text())["sign_ins"]}
    boards: list[Board] = []
    for plan in PLANS:
        entry = owners[plan.slug]
        api = Api(api_url)
        api.wait_until_ready()
        owner = SignIn(entry["name"], entry["login"], entry["password"])
        settled = settle(api, plan, owner, folder, seed=seed)
        if post and not prove(api, owner.login, post):
            click.echo(f"{owner.login}: no code in {post}, so the email stays unproven")
        board = start_board(settled.credential, folder / f"{plan.slug}-flash")
        boards.append(board)
        run_in_thread(Street(plan, board, Till(api, settled.shop_id, plan), seed=seed), stopped)
        api.wait(f"/shops/{settled.shop_id}/live", _is_seen, f"the door of {plan.name}")
        click.echo(f"{plan.name}: people are walking, the door is a {type(board).__name__}")
    (folder / "ready").touch()
    stopped.wait()
    for board in boards:
        board.close()


@simulate.command()
@click.option("--scenario", type=click.Choice(list(SCENARIOS)), default="busy_day",
              show_default=True, help="Who comes by.")  # fmt: skip
@click.option("--episodes", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--mount-mm", type=click.IntRange(2000, 2800), help="Height of the sensor.")
@click.option("--each", is_flag=True, help="Print every episode, not only those counted wrong.")
def passages(scenario: str, episodes: int, seed: int, mount_mm: int | None, each: bool) -> None:
    """Let people pass a door, faster than real time, and print counted against truth."""
    true, counted = Counter[str](), Counter[str]()
    makers = {"shopbell": Shopbell}
    played = play(scenario, seed, episodes, makers, mount_mm)
    for number, (episode, events) in enumerate(played, start=1):
        truth = ["in"] * episode.entries + ["out"] * episode.exits
        found = sorted(events["shopbell"])
        true.update(truth)
        counted.update(found)
        if each or found != truth:
            click.echo(f"{number:>6}  true: {_said(truth)}  counted: {_said(found)}")
    for direction in ("in", "out", "ambiguous"):
        click.echo(f"{direction:>9}  true: {true[direction]}  counted: {counted[direction]}")


def _said(events: list[str]) -> str:
    return " ".join(events) or "nobody"


def _is_seen(live: Json) -> bool:
    return bool(live["is_open"]) and all(device["is_online"] for device in live["devices"])
