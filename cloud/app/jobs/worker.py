"""`shopbell worker`: runs what is enqueued, and looks after every shop at night."""

import asyncio
import datetime as dt
import logging
import uuid

import click
import procrastinate
from procrastinate import PsycopgConnector, RetryStrategy
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from cloud.app import settings as app_settings
from cloud.app.jobs import imports, monthly, nightly, upkeep
from cloud.app.jobs.parallel import parse_backend
from cloud.app.jobs.runs import Busy, Scorer, score_when_asked
from cloud.app.jobs.sessions import job_sessions
from cloud.app.logs import log_to_stderr
from cloud.app.settings import Settings
from cloud.app.store import roles
from cloud.app.store.jobs import MAKE_REPORT, QUEUE, RUN_IMPORT, SCORE_SHOP, UNDO_IMPORT
from cloud.ml.artifacts import key_from

# an import waits for the database while a score is computed: two are worth their memory
CONCURRENCY = 2
POLL_S = 0.5
# somewhere a night begins, or one was missed: each shop is looked after once in its own
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_MINUTE = "* * * * *"
KEEP_DAYS = 3
NIGHT = "look_after_nights"
# trying again helps when the database was away or another process is at it, and only then
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=[OperationalError, Busy])


@click.command()
def worker() -> None:
    """Run imports and scorings in the background."""
    log_to_stderr("%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    asyncio.run(run_worker(app_settings.from_environment()))


async def run_worker(settings: Settings, *, is_waiting: bool = True) -> None:
    """Run jobs until a signal comes, or only those that are enqueued."""
    queue = make_queue(settings)
    async with queue.open_async():
        await queue.run_worker_async(
            concurrency=CONCURRENCY,
            wait=is_waiting,
            install_signal_handlers=is_waiting,
            listen_notify=is_waiting,
            # a job that waits for its lock is not announced when the lock is free
            fetch_job_polling_interval=POLL_S,
            shutdown_graceful_timeout=5.0,
        )


def make_queue(settings: Settings) -> procrastinate.App:
    """Return the queue with every job that there is."""
    url = settings.database_url_for(roles.JOBS)
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    queue = procrastinate.App(connector=PsycopgConnector(conninfo=conninfo, max_size=4))
    sessions = job_sessions(settings)
    _register(queue, sessions, settings)
    upkeep.register(queue, sessions, settings)
    return queue


async def resume(queue: procrastinate.App) -> None:
    """Enqueue again what a killed worker has left."""
    for job in await queue.job_manager.get_stalled_jobs():
        await queue.job_manager.retry_job(job)


def _register(
    queue: procrastinate.App, sessions: sessionmaker[Session], settings: Settings
) -> None:
    scorer = Scorer(sessions, key_from(settings.secret_key))
    backend = parse_backend(settings.jobs_backend)

    @queue.task(name=RUN_IMPORT, queue=QUEUE, retry=RETRY)
    def run_import(shop_id: str, import_id: str) -> None:
        imports.run_import(
            sessions,
            shop_id=uuid.UUID(shop_id),
            import_id=uuid.UUID(import_id),
            key=settings.secret_key,
            now=_now(),
        )

    @queue.task(name=UNDO_IMPORT, queue=QUEUE, retry=RETRY)
    def undo_import(shop_id: str, import_id: str) -> None:
        imports.undo_import(
            sessions, shop_id=uuid.UUID(shop_id), import_id=uuid.UUID(import_id), now=_now()
        )

    @queue.task(name=SCORE_SHOP, queue=QUEUE, retry=RETRY)
    def score_shop(shop_id: str) -> None:
        score_when_asked(scorer, uuid.UUID(shop_id), _now())

    @queue.task(name=MAKE_REPORT, queue=QUEUE, retry=RETRY)
    def make_report(shop_id: str, as_of: str) -> None:
        monthly.make_report(sessions, uuid.UUID(shop_id), dt.date.fromisoformat(as_of))

    @queue.periodic(cron=EVERY_TEN_MINUTES)
    @queue.task(name=NIGHT, queue=QUEUE, queueing_lock=NIGHT, lock=NIGHT)
    def look_after_nights(timestamp: int) -> None:
        nightly.score_all_shops(sessions, _now(), backend)

    @queue.periodic(cron=EVERY_MINUTE)
    @queue.task(name="resume_jobs", queue=QUEUE, queueing_lock="resume_jobs")
    async def resume_jobs(timestamp: int) -> None:
        await resume(queue)
        await queue.job_manager.delete_old_jobs(nb_hours=24 * KEEP_DAYS)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
