"""Importing a till's export of a million rows: preview, run, memory, undo, what kills leave."""

import datetime as dt
import multiprocessing
import os
import random
import resource
import signal
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.house import Postgres, running_postgres, wait_until
from benchmarks.report import Figure, Options, at_most, main, plain
from cloud.app.jobs.database import upgrade_database
from cloud.app.jobs.imports import BLOCK_ROWS, run_import, undo_import
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services import imports
from cloud.app.services.shops import shop_by_id
from cloud.app.settings import Settings, from_environment
from cloud.app.store import roles
from cloud.app.store.connection import sessions_for
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop

ROWS = {"full": 1_000_000, "small": 4_000}
ROWS_KILLED = {"full": 1_000_000, "small": 8_000}
KILLS = 10
CUSTOMERS = 10_000
PRODUCTS = 1_500
SEED = 7
HEADER = "customer;receipt;date;product;quantity;amount\n"
COLUMNS = {"customer": 0, "invoice": 1, "date": 2, "product": 3, "quantity": 4, "amount": 5}
WITHIN_S = 900.0

_spawn = multiprocessing.get_context("spawn")


def measure(options: Options) -> list[Figure]:
    """Import one file as the worker does, and another whose worker is killed again and again."""
    with (
        tempfile.TemporaryDirectory(prefix="bell-") as name,
        running_postgres(Path(name) / "pg") as database,
    ):
        settings = settings_of(database)
        upgrade_database(settings)
        file = Path(name) / "till.csv"
        total_minor = write_export(file, ROWS[options.size])
        found = import_once(settings, file)
        assert_once(settings, found["shop_id"], ROWS[options.size], total_minor)
        undone = in_process(undo_here, settings, found["shop_id"], found["import_id"])
        killed = Path(name) / "killed.csv"
        total_minor = write_export(killed, ROWS_KILLED[options.size])
        kills, twice, missing = import_killed(settings, killed, total_minor)
    return [
        plain("rows", ROWS[options.size], "rows"),
        plain("file", file_size_mb(found["bytes"]), "MB"),
        at_most("preview", found["upload_s"] + found["totals_s"], "s", 5),
        plain("of it, looking at the columns", found["upload_s"], "s"),
        plain("of it, totals and range of dates", found["totals_s"], "s"),
        plain("rows in these totals", found["rows"], "rows"),
        at_most("memory of the preview", found["preview_mb"], "MB", 500),
        at_most("run", found["run_s"], "s", 90),
        plain("rows a second", ROWS[options.size] / found["run_s"], "rows/s"),
        at_most("memory of the run", found["run_mb"], "MB", 500),
        plain("undo", undone["seconds"], "s"),
        plain("rows of the import that is killed", ROWS_KILLED[options.size], "rows"),
        plain("kills", kills, "kills"),
        at_most("rows stored twice", twice, "rows", 0),
        at_most("rows missing", missing, "rows", 0),
    ]


def settings_of(database: Postgres) -> Settings:
    """Return the settings of a process that uses this database."""
    url = database.url.set(database="shopbell").render_as_string(hide_password=False)
    secret = uuid.uuid4().hex
    return from_environment(
        {
            "SHOPBELL_DATABASE_URL": url,
            "SHOPBELL_DATABASE_ROLE_PASSWORD": secret,
            "SHOPBELL_SECRET_KEY": secret,
        }
    )


def write_export(path: Path, rows: int) -> int:
    """Write a till's export, lines of receipts in their order; return what it adds up to."""
    rng = random.Random(SEED)
    at = dt.datetime(2023, 1, 2, 8)  # noqa: DTZ001 - a till's clock is the shop's own
    receipt, lines_left, customer, total_minor = 100_000, 0, 0, 0
    with path.open("w") as file:
        file.write(HEADER)
        for _ in range(rows):
            if lines_left == 0:
                receipt, lines_left = receipt + 1, rng.choice((1, 1, 2, 2, 3, 4))
                customer = rng.randrange(1, CUSTOMERS + 1)
                at += dt.timedelta(seconds=rng.randrange(20, 300))
            lines_left -= 1
            product, quantity = rng.randrange(PRODUCTS), rng.choice((1, 1, 1, 2, 3))
            minor = quantity * (50 + product * 7 % 900)
            total_minor += minor
            file.write(
                f"{customer};{receipt};{at:%d.%m.%Y %H:%M};Article {product};{quantity};"
                f"{minor // 100}.{minor % 100:02d}\n"
            )
    return total_minor


def import_once(settings: Settings, file: Path) -> dict[str, Any]:
    """Upload and run, each in a process of its own, so that each has its own peak of memory."""
    shop_id = open_shop(settings)
    preview = in_process(upload, settings, shop_id, file)
    run = in_process(run_here, settings, shop_id, preview["import_id"])
    return {
        "shop_id": shop_id,
        "import_id": preview["import_id"],
        "bytes": file.stat().st_size,
        "upload_s": preview["upload_s"],
        "totals_s": preview["totals_s"],
        "rows": preview["rows"],
        "preview_mb": preview["peak_mb"],
        "run_s": run["seconds"],
        "run_mb": run["peak_mb"],
    }


def open_shop(settings: Settings) -> uuid.UUID:
    """Make a shop."""
    shop_id = uuid.uuid4()
    sessions = sessions_for(settings, roles.APP)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        session.add(
            Shop(
                id=shop_id,
                slug=f"shop-{shop_id}",
                name="Bakery",
                country="DE",
                time_zone="Europe/Berlin",
                currency="EUR",
            )
        )
    return shop_id


def upload(settings: Settings, shop_id: uuid.UUID, file: Path) -> dict[str, Any]:
    """Upload a file, ask what it comes to, and ask for it to be run, as the API does."""
    sessions = sessions_for(settings, roles.APP)
    mapping: dict[str, Any] = {"columns": COLUMNS, "date_order": None, "decimal": "."}
    started = time.perf_counter()
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        batch = imports.upload(
            session,
            shop_id=shop_id,
            person_id=None,
            filename=file.name,
            content=file.read_bytes(),
        )
        import_id = batch.id
    uploaded = time.perf_counter()
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = shop_by_id(session, shop_id)
        totals = imports.total(session, shop, import_id, **mapping, now=dt.datetime.now(dt.UTC))
    totalled = time.perf_counter()
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        imports.run(session, shop_id=shop_id, import_id=import_id, **mapping)
    return {
        "import_id": import_id,
        "upload_s": uploaded - started,
        "totals_s": totalled - uploaded,
        "rows": totals.rows,
    }


def run_here(
    settings: Settings, shop_id: uuid.UUID, import_id: uuid.UUID, block_rows: int = BLOCK_ROWS
) -> dict[str, Any]:
    """Run an import as the worker does."""
    started = time.perf_counter()
    now = dt.datetime.now(dt.UTC)
    run_import(
        job_sessions(settings),
        shop_id=shop_id,
        import_id=import_id,
        key=settings.secret_key,
        now=now,
        block_rows=block_rows,
    )
    return {"seconds": time.perf_counter() - started}


def undo_here(settings: Settings, shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, Any]:
    """Take an import back as the API and the worker do."""
    started = time.perf_counter()
    now = dt.datetime.now(dt.UTC)
    with sessions_for(settings, roles.APP).begin() as session:
        act_for(session, shop_id=shop_id)
        imports.undo(session, shop_id=shop_id, import_id=import_id, now=now)
    undo_import(job_sessions(settings), shop_id=shop_id, import_id=import_id, now=now)
    seconds = time.perf_counter() - started
    assert stored_lines(settings, shop_id) == (0, 0, 0)
    return {"seconds": seconds}


def in_process(work: Callable[..., dict[str, Any]], *args: object) -> dict[str, Any]:
    """Do some work in a fresh process; return what it returns, and its peak of memory."""
    with _spawn.Pool(1) as pool:
        return pool.apply(_measured, (work, args))


def _measured(work: Callable[..., dict[str, Any]], args: tuple[object, ...]) -> dict[str, Any]:
    found = work(*args)
    return {**found, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def import_killed(settings: Settings, file: Path, total_minor: int) -> tuple[int, int, int]:
    """Kill the worker ten times while it imports; return kills, rows stored twice and missing."""
    shop_id = open_shop(settings)
    import_id = in_process(upload, settings, shop_id, file)["import_id"]
    rows, kills = sum(1 for _ in file.open()) - 1, 0
    for kill in range(1, KILLS + 1):
        wanted = rows * kill // (KILLS + 2)
        # small blocks, so that each kill hits another one
        process = _spawn.Process(
            target=run_here, args=(settings, shop_id, import_id, rows // (4 * KILLS))
        )
        process.start()
        wait_until(
            lambda wanted=wanted, process=process: (  # type: ignore[misc]
                progress(settings, shop_id, import_id) >= wanted or not process.is_alive()
            ),
            f"{wanted} rows",
            WITHIN_S,
        )
        assert process.pid is not None
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.join()
    in_process(run_here, settings, shop_id, import_id)
    stored, distinct, found_minor = stored_lines(settings, shop_id)
    assert found_minor == total_minor or stored != rows
    return kills, stored - distinct, rows - distinct


def progress(settings: Settings, shop_id: uuid.UUID, import_id: uuid.UUID) -> int:
    """Return how many rows an import has stored."""
    sessions = sessions_for(settings, roles.APP)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        outcome = imports.import_by_id(session, shop_id, import_id).outcome or {}
    sessions.kw["bind"].dispose()
    return int(str(outcome.get("rows", 0)))


def stored_lines(settings: Settings, shop_id: uuid.UUID) -> tuple[int, int, int]:
    """Return the lines of purchases, how many different rows they are of, and what they come to."""
    sessions = sessions_for(settings, roles.JOBS)
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        row = session.execute(
            text(
                "SELECT count(*), count(DISTINCT line), coalesce(sum(amount_minor), 0)"
                " FROM purchase_line WHERE shop_id = :shop_id"
            ),
            {"shop_id": shop_id},
        ).one()
    return int(row[0]), int(row[1]), int(row[2])


def assert_once(settings: Settings, shop_id: uuid.UUID, rows: int, total_minor: int) -> None:
    """Make sure that what was measured did its work."""
    assert stored_lines(settings, shop_id) == (rows, rows, total_minor)


def file_size_mb(size: int) -> float:
    """Return bytes as megabytes."""
    return size / 1024 / 1024


if __name__ == "__main__":
    main("import_speed", measure)
