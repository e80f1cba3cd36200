"""Time passes: what was said is kept, thinned out, and judged by what came."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select, text

from cloud.app.jobs.scoring import score_shop
from cloud.app.store.history_queries import forget_runs, judged_runs
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from cloud.app.store.scores import Insight, Prediction, Score, ScoreMove, ScoreRun
from tests.jobs.conftest import MODEL_KEY, NOW, Till
from tests.jobs.test_scoring_job import COLUMNS, town


def rows_until(content: str, day: dt.date) -> str:
    """The rows of a file up to a day."""
    header, *rows = content.splitlines()
    return "\n".join([header, *(row for row in rows if row.split(",")[1] <= str(day))]) + "\n"


def score_on(till: Till, content: str, day: dt.date) -> None:
    """Import what is known on a day, and score in the night after it."""
    till.imported(rows_until(content, day), COLUMNS)
    score_shop(
        till.jobs,
        shop_id=till.shop_id,
        now=dt.datetime.combine(day, dt.time(23), dt.UTC),
        key=MODEL_KEY,
    )


def insight(till: Till, kind: str) -> dict[str, Any]:
    with till.session() as session:
        return dict(session.get_one(Insight, (till.shop_id, kind)).content)


def test_time_passes_and_the_scoreboard_fills(till: Till) -> None:
    content = town(90)
    score_on(till, content, dt.date(2025, 8, 31))
    assert not insight(till, "scoreboard")["is_kept"]  # of what was kept nothing is due yet

    score_on(till, content, dt.date(2025, 10, 31))
    board = insight(till, "scoreboard")
    assert board["is_kept"]
    assert board["runs"] == ["2025-08-31"]
    assert sum(band["customers"] for band in board["bands"]) == 90
    assert board["verdict"] in ("reliable", "fair")
    assert board["model"]["auc"] > 0.8
    assert 0 <= board["recency"]["brier"] <= 1
    value = board["value"][0]
    assert value["customers"] == 90
    assert 0.5 < value["expected_minor"] / value["came_minor"] < 2

    score_on(till, content, dt.date(2025, 12, 31))
    assert insight(till, "scoreboard")["runs"] == ["2025-10-31", "2025-08-31"]


def test_a_new_shop_sees_what_would_have_been_said_one_horizon_ago(till: Till) -> None:
    score_on(till, town(90), dt.date(2025, 12, 31))
    board = insight(till, "scoreboard")
    assert not board["is_kept"]
    assert len(board["runs"]) == 1
    assert board["verdict"] in ("reliable", "fair")
    assert board["value"] == []


def test_who_moves_is_logged_and_the_first_run_moves_nobody(till: Till) -> None:
    content = town(90)
    score_on(till, content, dt.date(2025, 6, 30))
    with till.session() as session:
        assert session.scalars(select(ScoreMove)).all() == []
        before = {row.membership_id: row.segment for row in session.scalars(select(Score)).all()}

    score_on(till, content, dt.date(2025, 9, 30))
    with till.session() as session:
        moves = session.scalars(select(ScoreMove).where(ScoreMove.kind == "segment")).all()
        now = {row.membership_id: row.segment for row in session.scalars(select(Score)).all()}
        risks = session.scalars(select(ScoreMove).where(ScoreMove.kind == "risk")).all()
    assert {move.membership_id for move in moves} == {
        customer for customer, segment in now.items() if before[customer] != segment
    }
    assert all(before[m.membership_id] == m.before for m in moves)
    assert all(now[m.membership_id] == m.after for m in moves)
    assert {move.direction for move in moves} == {"changed"}
    assert {move.direction for move in risks} <= {"up", "down"}
    assert all(move.moved_on == dt.date(2025, 9, 30) for move in moves)


def test_a_day_that_is_scored_twice_keeps_its_last_run(till: Till) -> None:
    for _ in range(2):
        score_on(till, town(60), dt.date(2025, 9, 30))
    with till.session() as session:
        run = session.scalars(select(ScoreRun)).one()
        assert {p.run_id for p in session.scalars(select(Prediction))} == {run.id}


def test_runs_are_thinned_out_to_one_a_week_and_forgotten_at_last(till: Till) -> None:
    today = dt.date(2026, 11, 18)  # a Wednesday
    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        runs = [
            ScoreRun(
                shop_id=till.shop_id, id=uuid.uuid4(), as_of=today - dt.timedelta(days=age),
                horizon_days=30, model="recency", verdict="signal", summary={},
            )
            for age in (0, 1, 2, 13, 14, 15, 16, 17, 21, 700, 759, 761)
        ]  # fmt: skip
        session.add_all(runs)
        session.flush()
        forget_runs(session, till.shop_id, runs[0])
        kept = {(today - run.as_of).days for run in session.scalars(select(ScoreRun))}
    # the weeks of 2 November and 26 October keep their first runs, 16 and 21 days ago
    assert kept == {0, 1, 2, 13, 16, 21, 700, 759}


def test_runs_whose_horizons_overlap_are_judged_once(till: Till) -> None:
    today = dt.date(2026, 11, 18)
    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        customer = Membership(shop_id=till.shop_id, id=uuid.uuid4(), name="Asha")
        session.add(customer)
        runs = [
            ScoreRun(
                shop_id=till.shop_id, id=uuid.uuid4(), as_of=today - dt.timedelta(days=age),
                horizon_days=30, model="recency", verdict="signal", summary={},
            )
            for age in (10, 31, 40, 61, 80, 99)
        ]  # fmt: skip
        session.add_all(runs)
        session.flush()
        said = [run for run in runs if run.as_of != today - dt.timedelta(days=61)]
        session.add_all(
            Prediction(
                shop_id=till.shop_id, run_id=run.id, membership_id=customer.id,
                churn_probability=0.5,
            )
            for run in said
        )  # fmt: skip
        session.flush()
        judged = [(today - run.as_of).days for run in judged_runs(session, till.shop_id, today)]
    # the run of 61 days ago had no signal and said nothing
    assert judged == [31, 80]


def test_an_erased_customer_leaves_no_prediction_and_no_move(till: Till) -> None:
    content = town(60)
    for day in (dt.date(2025, 6, 30), dt.date(2025, 9, 30)):
        score_on(till, content, day)
    with till.session() as session:
        customer = session.scalar(select(ScoreMove.membership_id))
        session.execute(text("DELETE FROM purchase WHERE membership_id = :id"), {"id": customer})
        session.execute(text("DELETE FROM membership WHERE id = :id"), {"id": customer})
        left = [
            session.scalar(select(table).where(table.membership_id == customer))
            for table in (Prediction, ScoreMove, Score)
        ]
    assert left == [None, None, None]


def test_a_shop_whose_purchases_are_all_gone_has_no_scores(till: Till) -> None:
    score_on(till, town(60), dt.date(2025, 9, 30))
    with till.session() as session:
        session.execute(text("DELETE FROM purchase"))
        session.commit()
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    with till.session() as session:
        assert session.scalars(select(Score)).all() == []
