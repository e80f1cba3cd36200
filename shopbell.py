"""The `shopbell` command: each group of subcommands is imported only when it is asked for."""

import importlib

import click

COMMANDS = {
    "admin": "cloud.app.jobs.admin:admin",
    "analyse": "cloud.app.jobs.analyse:analyse",
    "doctor": "cloud.app.jobs.doctor:doctor",
    "demo": "cloud.app.jobs.demo:demo",
    "broker": "cloud.app.jobs.broker_cli:broker",
    "db": "cloud.app.jobs.database:db",
    "ingest": "cloud.app.ingest.main:ingest",
    "replay": "cloud.app.ingest.replay:replay",
    "whatif": "cloud.app.jobs.what_if:whatif",
    "worker": "cloud.app.jobs.worker:worker",
    "device": "edge.tools.cli:device",
    "simulate": "simulators.cli:simulate",
}


class LazyGroup(click.Group):
    """A group that knows the names of its commands and loads the one that runs.

    `shopbell analyse` must not load Flask, and `shopbell device` must not load pandas.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.command(cls=LazyGroup)
def main() -> None:
    """The bell over the shop door and the memory behind the counter."""
