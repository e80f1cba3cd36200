"""The worker as it runs: what the API has enqueued is done, and what was left is done again."""

import asyncio
import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text

from cloud.app.jobs.worker import make_queue, resume, run_worker
from cloud.app.services.purchases import NewPurchase, record_purchase
from cloud.app.services.scores import ask_for_scores
from cloud.app.settings import Settings
from cloud.app.store.jobs import SCORE_SHOP, enqueue, enqueue_once
from cloud.app.store.score_queries import latest_run
from tests.jobs.conftest import make_till
from tests.waiting import wait_until

FILE = "customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,6.00\n1,2026-03-09,5.50\n"
COLUMNS = {"customer": 0, "date": 1, "amount": 2}


def run_what_is_enqueued(settings: Settings) -> None:
    asyncio.run(run_worker(settings, is_waiting=False))


def states(settings: Settings) -> dict[str, str]:
    """Return the state of each job that was not enqueued by the clock."""
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT task_name, status FROM procrastinate_jobs"
                " WHERE NOT jsonb_exists(args, 'timestamp')"
            )
        )
        found = dict(rows.all())  # type: ignore[arg-type] # two columns
    engine.dispose()
    return found


def test_an_import_is_run_and_then_scored(own_settings: Settings) -> None:
    till = make_till(own_settings)
    import_id = till.upload(FILE, COLUMNS)
    run_what_is_enqueued(own_settings)
    run_what_is_enqueued(own_settings)  # what the import has enqueued
    assert till.batch(import_id).state == "done"
    with till.session() as session:
        run = latest_run(session, till.shop_id)
    assert run is not None
    assert run.as_of == dt.date(2026, 3, 9)
    assert states(own_settings) == {"run_import": "succeeded", "score_shop": "succeeded"}


def test_a_job_is_enqueued_with_its_transaction_or_not_at_all(own_settings: Settings) -> None:
    till = make_till(own_settings)
    with till.session() as session:
        enqueue(session, SCORE_SHOP, lock="a", shop_id=till.shop_id)
        session.rollback()
    assert states(own_settings) == {}


def test_a_job_that_waits_already_is_not_enqueued_again(own_settings: Settings) -> None:
    till = make_till(own_settings)
    with till.session() as session:
        for _ in range(3):
            enqueue_once(session, SCORE_SHOP, lock="a", shop_id=till.shop_id)
        session.commit()
        waiting = session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    assert waiting == 1


def test_a_job_that_waits_does_not_begin_before_who_counts_on_it_has_ended(
    own_settings: Settings,
) -> None:
    till = make_till(own_settings)
    till.imported(FILE, COLUMNS)
    new = NewPurchase(uuid.uuid4(), dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC), 500)
    with till.session() as session:
        ask_for_scores(session, till.shop_id)
        session.commit()
    run_what_is_enqueued(own_settings)
    with till.session() as session:
        ask_for_scores(session, till.shop_id)  # again, and nothing has changed
        session.commit()
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        record_purchase(session, till.shop_id, new, new.occurred_at)
        ask_for_scores(session, till.shop_id)
        worked = pool.submit(run_what_is_enqueued, own_settings)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        wait_until(lambda: worked.done() or bool(session.scalar(waiting)), "the worker to look")
        session.commit()
        worked.result()
    run_what_is_enqueued(own_settings)
    with till.session() as session:
        run = latest_run(session, till.shop_id)
    assert run is not None
    assert run.as_of == dt.date(2026, 3, 20)


def test_what_a_killed_worker_has_left_is_run_again(own_settings: Settings) -> None:
    till = make_till(own_settings)
    import_id = till.upload(FILE, COLUMNS)
    leave_as_if_killed(own_settings)
    asyncio.run(resume_left_jobs(own_settings))
    run_what_is_enqueued(own_settings)
    assert till.batch(import_id).state == "done"


def leave_as_if_killed(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)"
            )
        )
    engine.dispose()


async def resume_left_jobs(settings: Settings) -> None:
    queue = make_queue(settings)
    async with queue.open_async():
        await resume(queue)


def test_an_import_that_does_not_exist_fails_its_job_only(own_settings: Settings) -> None:
    till = make_till(own_settings)
    with till.session() as session:
        enqueue(session, "run_import", lock="a", shop_id=till.shop_id, import_id=uuid.uuid4())
        session.commit()
    run_what_is_enqueued(own_settings)
    assert states(own_settings) == {"run_import": "failed"}
