"""`shopbell ingest`: the worker between the broker and the database."""

import gc
import signal

import click

from cloud.app import settings as app_settings
from cloud.app.ingest.worker import WORKERS_MAX, Worker
from cloud.app.logs import log_to_stderr


@click.command()
@click.option("--number", default=0, show_default=True, help="Which of the workers this is.")
@click.option(
    "--workers",
    type=click.IntRange(1, WORKERS_MAX),
    default=1,
    show_default=True,
    help="How many run side by side.",
)
def ingest(number: int, workers: int) -> None:
    """Store what the devices say, and tell them how far it is committed."""
    if not 0 <= number < workers:
        raise click.BadParameter(f"expected 0..{workers - 1}, got {number}", param_hint="--number")
    log_to_stderr("%(levelname)s %(name)s: %(message)s")
    try:
        worker = Worker(app_settings.from_environment(), number, workers)
    except app_settings.SettingError as error:
        raise click.ClickException(str(error)) from None
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: worker.stop())
    # what is loaded now stays: looking through it for garbage would hold up the messages
    gc.freeze()
    worker.run()
