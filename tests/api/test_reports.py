"""Reports and progress, as the shop's people see them."""

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.jobs.runs import Scorer, score_when_asked
from cloud.app.jobs.sessions import job_sessions
from cloud.app.settings import Settings
from cloud.app.store.roles import act_for
from cloud.app.store.scoring import MonthlyReport
from tests.api.conftest import Somebody, body, colleague, made, move_to_noon, problem
from tests.jobs.conftest import MODEL_KEY, NOW

NAMED, NAMELESS = b"%PDF- Asha", b"%PDF- customer 7"


@pytest.fixture
def jobs(settings: Settings) -> Iterator[sessionmaker[Session]]:
    sessions = job_sessions(settings)
    yield sessions
    sessions.kw["bind"].dispose()


@pytest.fixture
def october(owner: Somebody, jobs: sessionmaker[Session]) -> str:
    """The address of a report that the worker has made."""
    shop_id = uuid.UUID(owner.shop_id)
    with jobs.begin() as session:
        act_for(session, shop_id=shop_id)
        session.add_all(
            MonthlyReport(
                shop_id=shop_id,
                month=dt.date(2025, month, 1),
                pdf=NAMED,
                pdf_without_names=NAMELESS,
            )
            for month in (9, 10)
        )
    return f"{owner.url}/reports/2025-10"


def test_reports_are_listed_and_downloaded(owner: Somebody, october: str) -> None:
    listed = body(owner.get(f"{owner.url}/reports"))["items"]
    assert [report["month"] for report in listed] == ["2025-10", "2025-09"]
    answer = owner.get(october)
    assert answer.data == NAMED
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report-2025-10.pdf"'
    problem(owner.get(f"{owner.url}/reports/2025-08"), 404)
    problem(owner.get(f"{owner.url}/reports/october"), 404)


def test_an_analyst_reads_the_report_without_names(
    app: Flask, owner: Somebody, october: str
) -> None:
    assert colleague(app, owner, "analyst").get(october).data == NAMELESS


def test_who_is_erased_does_not_live_on_in_a_report(
    owner: Somebody, october: str, jobs: sessionmaker[Session]
) -> None:
    customer = made(owner.post(f"{owner.url}/customers", {"name": "Asha"}))
    with jobs.begin() as session:
        act_for(session, shop_id=uuid.UUID(owner.shop_id))
        session.execute(text("DELETE FROM membership WHERE id = :id"), {"id": customer["id"]})
    assert owner.get(october).data == NAMELESS


def test_a_report_is_asked_for_when_its_month_is_over(owner: Somebody) -> None:
    url = f"{owner.url}/reports"
    assert owner.post(url, {"month": "2025-10"}).status_code == 202
    this_month = f"{dt.datetime.now(move_to_noon(owner)):%Y-%m}"
    found = problem(owner.post(url, {"month": this_month}), 422)
    assert found["errors"][0]["expected"] == "a month that is over"
    found = problem(owner.post(url, {"month": "May"}), 422)
    assert found["errors"][0]["expected"] == "a month such as 2026-10"


def test_one_sees_how_far_a_scoring_is(
    owner: Somebody, settings: Settings, jobs: sessionmaker[Session]
) -> None:
    url = f"{owner.url}/scoring"
    assert body(owner.get(url))["state"] == "idle"
    owner.post(f"{owner.url}/scores")
    waiting = body(owner.get(url))
    assert waiting["state"] == "waiting"
    assert waiting["asked_at"]
    score_when_asked(Scorer(jobs, MODEL_KEY), uuid.UUID(owner.shop_id), NOW)
    done = body(owner.get(url))
    assert done["state"] == "done"
    assert done["step"] is None
    assert done["finished_at"] > waiting["asked_at"]
