"""Runs an import: reads the file block by block and stores each block in one transaction.

How far it came is stored with each block, so an import that is killed goes on where it was.
"""

import datetime as dt
import json
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, repeat
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.errors import Invalid
from cloud.app.domain.import_kinds import PURCHASES
from cloud.app.domain.product_rows import ProductReader
from cloud.app.domain.sales_rows import (
    CONTACTS,
    IDENTITIES,
    Identity,
    PurchaseIds,
    Reading,
    Sale,
)
from cloud.app.jobs import product_imports
from cloud.app.services.import_rows import (
    ReadProduct,
    ReadRow,
    read_products,
    read_rows,
    reading_of,
    sale_reader,
)
from cloud.app.services.imports import import_by_id
from cloud.app.services.openings import ring
from cloud.app.services.scores import ask_for_scores
from cloud.app.services.shops import shop_by_id
from cloud.app.services.suppressions import erased_customers
from cloud.app.store import consent_queries, import_queries
from cloud.app.store.roles import act_for
from cloud.app.store.sales import ImportBatch

BLOCK_ROWS = 20_000
WENT_WRONG = "something went wrong on our side; it has been noted, and nothing was imported"
STORED_BEFORE = "this purchase was stored before"
OUTCOMES = ("created", "updated", "skipped", "rejected")

Row = TypeVar("Row")
Contact = Mapping[str, str]

_log = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """A row, and what is copied of it before it is known whose sale it is; empty for no sale."""

    row: ReadRow
    copied: str


@dataclass
class Run:
    """One import while it runs, and what it has learnt of the shop so far."""

    shop_id: uuid.UUID
    import_id: uuid.UUID
    kind: str
    counted_at: dt.datetime
    country: str
    reading: Reading
    filename: str
    content: bytes
    progress: dict[str, int]
    customers: dict[Identity, uuid.UUID] = field(default_factory=dict)
    # which of name, phone and email the file has told of each
    told: dict[Identity, frozenset[str]] = field(default_factory=dict)
    products: dict[str, uuid.UUID] = field(default_factory=dict)

    def read_sales(self) -> Iterator[Prepared]:
        """Yield the rows that are not stored. All are read: ids depend on what came before."""
        ids = PurchaseIds(self.shop_id, self.reading.zone)
        reader = sale_reader(self.reading, self.country)
        done = self.progress["line"]
        for row in read_rows(self.content, self.filename, reader, ids):
            if row.line > done:
                yield Prepared(row, _copied(row))

    def read_products(self) -> Iterator[ReadProduct]:
        """Yield the rows that are not stored. All are read: each product may come once."""
        done = self.progress["line"]
        rows = read_products(self.content, self.filename, ProductReader(self.reading))
        return (row for row in rows if row.line > done)


def run_import(
    sessions: sessionmaker[Session],
    *,
    shop_id: uuid.UUID,
    import_id: uuid.UUID,
    key: str,
    now: dt.datetime,
    block_rows: int = BLOCK_ROWS,
) -> None:
    """Run an import from where it is. A file that cannot be read leaves nothing behind.

    The key is that of the suppressions: whom the shop has erased gets no consent by an import.
    """
    run = _begin(sessions, shop_id, import_id, now)
    if run is None:
        return
    try:
        if run.kind == PURCHASES:
            is_done = _store_all(sessions, run, _read_ahead(run.read_sales(), block_rows), _store)
        else:
            blocks = _read_ahead(run.read_products(), block_rows)
            is_done = _store_all(sessions, run, blocks, _store_products)
    except Invalid as error:
        _fail(sessions, run, str(error))
        return
    except OperationalError:
        raise  # the database was away: the job is tried again
    except Exception:
        # without this the owner would wait for ever
        _fail(sessions, run, WENT_WRONG)
        raise
    if is_done:
        _finish(sessions, run, key, now)


def undo_import(
    sessions: sessionmaker[Session], *, shop_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime
) -> None:
    """Take an import back in one transaction, and say what had to stay."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        batch = import_by_id(session, shop_id, import_id, is_locked=True)
        if batch.state != "undoing":
            return  # the job came twice
        kept = _take_back(session, batch)
        batch.outcome = {**(batch.outcome or {}), **kept}
        batch.state, batch.undone_at = "undone", now
        ask_for_scores(session, shop_id)
        ring(session, shop_id)
    _log.info("import %s undone: %s", import_id, kept)


def _store_all(
    sessions: sessionmaker[Session],
    run: Run,
    blocks: Iterator[list[Row]],
    store: Callable[[Session, Run, list[Row]], None],
) -> bool:
    """Store each block in a transaction; return False when another worker is at it."""
    for block in blocks:
        with sessions.begin() as session:
            act_for(session, shop_id=run.shop_id)
            if not _is_ours(session, run):
                _log.info("import %s: another worker is at it", run.import_id)
                return False
            store(session, run, block)
    return True


def _is_ours(session: Session, run: Run) -> bool:
    """Lock the import for this block, and tell whether it is where we left it.

    The database may still be at work on a block of a worker that was killed: whoever comes after
    it waits for the end of that, and then begins from what it has stored.
    """
    batch = import_by_id(session, run.shop_id, run.import_id, is_locked=True)
    return batch.state == "running" and (batch.outcome or {}).get("line") == run.progress["line"]


def _read_ahead(rows: Iterator[Row], block_rows: int) -> Iterator[list[Row]]:
    """Return blocks of rows; the next one is read while the database works on this one."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader") as reader:
        coming = reader.submit(lambda: list(islice(rows, block_rows)))
        while block := coming.result():
            coming = reader.submit(lambda: list(islice(rows, block_rows)))
            yield block


def _begin(
    sessions: sessionmaker[Session], shop_id: uuid.UUID, import_id: uuid.UUID, now: dt.datetime
) -> Run | None:
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        batch = import_by_id(session, shop_id, import_id, is_locked=True)
        if batch.state not in ("queued", "running"):
            return None  # the job came twice
        batch.state = "running"
        batch.outcome = batch.outcome or {"line": 0, "rows": 0, **dict.fromkeys(OUTCOMES, 0)}
        shop = shop_by_id(session, shop_id)
        return Run(
            shop_id=shop_id,
            import_id=import_id,
            kind=batch.kind,
            counted_at=import_queries.first_upload(session, batch),
            country=shop.country,
            reading=reading_of(batch.mapping or {}, shop, now),
            filename=batch.filename,
            content=batch.content,
            progress=dict(batch.outcome),  # type: ignore[arg-type] # counts only
        )


def _copied(row: ReadRow) -> str:
    if row.sale is None or row.purchase_id is None:
        return ""
    sale = row.sale
    return import_queries.sale_as_copied(
        row.line,
        row.purchase_id,
        sale.occurred_at,
        sale.amount_minor,
        sale.receipt,
        sale.quantity,
    )


def _store(session: Session, run: Run, block: list[Prepared]) -> None:
    ids = {row.purchase_id for row, _ in block if row.purchase_id}
    others = import_queries.purchases_of_others(session, run.shop_id, run.import_id, ids)
    outcomes = [_outcome(row, others) for row, _ in block]
    new = [row.sale for (row, _), outcome in zip(block, outcomes, strict=True)
           if row.sale and outcome == "created"]  # fmt: skip
    _know_customers(session, run, new)
    _know_products(session, run, new)
    lines = "".join(map(_line, repeat(run), block, outcomes))
    import_queries.add_block(session, run.shop_id, run.import_id, run.reading.currency, lines)
    _note_progress(session, run, block[-1].row.line, outcomes)


def _store_products(session: Session, run: Run, block: list[ReadProduct]) -> None:
    outcomes = product_imports.store(session, run.shop_id, run.import_id, block, run.counted_at)
    _note_progress(session, run, block[-1].line, outcomes)


def _know_customers(session: Session, run: Run, sales: list[Sale]) -> None:
    told: dict[str, dict[str, Contact]] = defaultdict(dict)
    for sale in sales:
        if sale.identity and _tells_more(run, sale.identity, sale.contact):
            role, text = sale.identity
            # what the file says first counts
            told[role][text] = {**sale.contact, **told[role].get(text, {})}
    for role in IDENTITIES:
        if role in told:
            found = _customers_of(session, run, role, told[role])
            run.customers.update({(role, text): found[text] for text in told[role]})


def _tells_more(run: Run, identity: Identity, contact: Contact) -> bool:
    """Tell whether a row names a new customer, or something new of one; note that it did."""
    known = run.told.get(identity)
    if known is not None and contact.keys() <= known:
        return False
    run.told[identity] = _shared(frozenset(contact).union(known or ()))
    return True


@cache
def _shared(names: frozenset[str]) -> frozenset[str]:
    """The same object for each of a few sets, of which a million customers have one."""
    return names


def _customers_of(
    session: Session, run: Run, role: str, told: dict[str, Contact]
) -> dict[str, uuid.UUID]:
    found = import_queries.customer_ids(session, run.shop_id, role, told)
    _complete_customers(session, run, {found[text]: told[text] for text in found})
    missing = {text: contact for text, contact in told.items() if text not in found}
    if not missing:
        return found
    columns: dict[str, list[object]] = {
        "id": [uuid.uuid4() for _ in missing],
        "reference": [text if role == "customer" else None for text in missing],
        **_as_columns(missing.values()),
    }
    import_queries.add_customers(session, run.shop_id, run.import_id, columns)
    return found | import_queries.customer_ids(session, run.shop_id, role, missing)


def _complete_customers(session: Session, run: Run, known: dict[uuid.UUID, Contact]) -> None:
    telling = {id_: contact for id_, contact in known.items() if contact}
    if telling:
        columns: dict[str, list[object]] = {"id": list(telling), **_as_columns(telling.values())}
        import_queries.complete_customers(session, run.shop_id, run.import_id, columns)


def _as_columns(contacts: Collection[Contact]) -> dict[str, list[object]]:
    return {name: [contact.get(name) for contact in contacts] for name in CONTACTS}


def _know_products(session: Session, run: Run, sales: list[Sale]) -> None:
    names = {sale.product for sale in sales if sale.product}
    unknown = names - run.products.keys()
    if unknown:
        run.products.update(import_queries.product_ids(session, run.shop_id, unknown))


def _outcome(row: ReadRow, others: set[uuid.UUID]) -> str:
    if row.sale is None:
        return "rejected"
    return "skipped" if row.purchase_id in others else "created"


def _line(run: Run, prepared: Prepared, outcome: str) -> str:
    """Return a row as a line of `import_block`."""
    row, copied = prepared
    sale = row.sale
    if sale is None or outcome != "created":
        raw = json.dumps([cell.replace("\0", "") for cell in row.cells])
        reason = row.reason or STORED_BEFORE
        return import_queries.other_as_copied(row.line, outcome, reason, raw, row.purchase_id)
    return import_queries.with_ids(
        copied,
        run.customers[sale.identity] if sale.identity else None,
        run.products[sale.product] if sale.product else None,
    )


def _note_progress(session: Session, run: Run, line: int, outcomes: list[str]) -> None:
    for outcome, rows in Counter(outcomes).items():
        run.progress[outcome] += rows
    run.progress["rows"] += len(outcomes)
    run.progress["line"] = line
    batch = import_by_id(session, run.shop_id, run.import_id)
    batch.outcome = dict(run.progress)
    ring(session, run.shop_id)


def _finish(sessions: sessionmaker[Session], run: Run, key: str, now: dt.datetime) -> None:
    with sessions.begin() as session:
        act_for(session, shop_id=run.shop_id)
        totals = _sum_up(session, run) if run.kind == PURCHASES else {}
        batch = import_by_id(session, run.shop_id, run.import_id)
        batch.outcome = {**run.progress, **totals}
        batch.state, batch.finished_at = "done", now
        _grant(session, batch, key)
        ask_for_scores(session, run.shop_id)
        ring(session, run.shop_id)
    _log.info("import %s: %s", run.import_id, {name: run.progress[name] for name in OUTCOMES})


def _sum_up(session: Session, run: Run) -> dict[str, Any]:
    # before anything that reads a whole import: without statistics it takes a hundred times as long
    import_queries.analyse_tables(session)
    # the totals first: they lock the customers in the order of all
    import_queries.total_customers(session, run.shop_id, run.import_id)
    import_queries.date_customers(session, run.shop_id, run.import_id)
    totals = import_queries.totals(session, run.shop_id, run.import_id)
    for name in ("first_at", "last_at"):
        totals[name] = import_queries.as_json_time(totals[name])
    return totals


def _take_back(session: Session, batch: ImportBatch) -> dict[str, int]:
    """Take back what an import has stored, and return what had to stay."""
    products: dict[str, int] = {}
    if batch.kind != PURCHASES:
        products = product_imports.take_back(session, batch.shop_id, batch.id)
    return {**import_queries.take_back(session, batch.shop_id, batch.id), **products}


def _grant(session: Session, batch: ImportBatch, key: str) -> None:
    consent: dict[str, Any] | None = batch.consent
    if consent:
        erased = erased_customers(session, key, batch.shop_id)
        consent_queries.grant_by_import(
            session,
            batch.shop_id,
            batch.id,
            channels=consent["channels"],
            evidence=consent["evidence"],
            created_by=batch.created_by,
            # what a file tells was agreed before it came: whoever withdraws meanwhile is later
            agreed_at=batch.created_at,
            except_for=erased,
        )


def _fail(sessions: sessionmaker[Session], run: Run, reason: str) -> None:
    with sessions.begin() as session:
        act_for(session, shop_id=run.shop_id)
        batch = import_by_id(session, run.shop_id, run.import_id)
        _take_back(session, batch)
        import_queries.forget_rows(session, run.shop_id, run.import_id)
        batch.state, batch.error, batch.outcome = "failed", reason, None
        ring(session, run.shop_id)
