"""Scores are rows for the owner, as of the last day that is known."""

import datetime as dt
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from cloud.app.jobs.monthly import monthly_report
from cloud.app.jobs.scoring import score_shop, shop_ids
from cloud.app.services.erasure import erase_customer
from cloud.app.store.feedback import Feedback
from cloud.app.store.membership_queries import GOES, membership_by_id
from cloud.app.store.people import Membership
from cloud.app.store.score_queries import latest_run
from cloud.app.store.scores import Insight, Score, ScoreRun
from cloud.app.store.scoring import CHURN, Model
from tests.jobs.conftest import KEY, MODEL_KEY, NOW, Till
from tests.waiting import wait_for_lock

COLUMNS = {"customer": 0, "date": 1, "amount": 2}


def town(customers: int) -> str:
    """A year of a shop in which every third customer stops coming in summer."""
    chance = random.Random(7)
    rows = ["customer,date,amount"]
    for customer in range(customers):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=chance.randrange(60))
        last = dt.date(2025, 7, 1) if customer % 3 == 0 else dt.date(2025, 12, 31)
        while day <= last:
            rows.append(f"{customer},{day},{chance.randrange(300, 2000) / 100:.2f}")
            day += dt.timedelta(days=chance.randrange(5, 20))
    return "\n".join(rows) + "\n"


def scores(till: Till) -> tuple[ScoreRun | None, dict[str, Score]]:
    with till.session() as session:
        rows = session.execute(
            select(Membership.reference, Score).join(Score, Score.membership_id == Membership.id)
        )
        return latest_run(session, till.shop_id), {row.reference: row.Score for row in rows}


def test_every_customer_gets_a_score_as_of_the_last_purchase(till: Till) -> None:
    till.imported(town(60), COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    run, found = scores(till)
    assert run is not None
    assert run.as_of.year == 2025
    assert len(found) == 60
    gone, loyal = found["0"], found["1"]
    assert gone.days_since_last_visit > 150
    assert loyal.days_since_last_visit < 30
    assert gone.churn_probability is not None
    assert loyal.churn_probability is not None
    assert gone.churn_probability > loyal.churn_probability
    # money in the smallest unit: purchases are between 3 and 20 euros
    assert 300 <= (loyal.average_order_value_minor or 0) <= 2000
    assert run.summary["kpis"]["customers"] == 60  # type: ignore[index]
    assert run.summary["kpis"]["clv_minor"] > 0  # type: ignore[index]


def test_a_new_run_replaces_the_scores_and_keeps_the_runs(till: Till) -> None:
    till.imported(town(40), COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    first, _ = scores(till)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    second, found = scores(till)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert {score.run_id for score in found.values()} == {second.id}


def test_too_little_data_is_a_verdict(till: Till) -> None:
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,6.00\n", COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    run, found = scores(till)
    assert run is not None
    assert run.verdict == "too little data"
    assert [score.churn_probability for score in found.values()] == [None, None]
    assert [score.risk for score in found.values()] == [None, None]


def test_a_shop_without_customers_has_no_scores(till: Till) -> None:
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    assert scores(till) == (None, {})
    till.imported("customer,date,amount\n,2026-03-01,5.00\n", COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    assert scores(till)[1] == {}


def test_the_nightly_run_knows_every_shop(till: Till) -> None:
    assert till.shop_id in shop_ids(till.jobs)


def test_what_customers_say_of_their_days_is_learnt_from(till: Till) -> None:
    till.imported(town(60), COLUMNS)
    with till.session() as session:
        for number, customer in enumerate(session.scalars(select(Membership))):
            mood = "bad" if int(customer.reference or 0) % 3 == 0 else "good"
            given_on = dt.date(2025, 3, 1) + dt.timedelta(days=number % 20)
            session.add(
                Feedback(
                    shop_id=till.shop_id, membership_id=customer.id, given_on=given_on,
                    mood=mood, was_closed=False,
                )
            )  # fmt: skip
        session.commit()
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    with till.session() as session:
        card = session.get_one(Model, (till.shop_id, CHURN)).card
    assert "rating" in card["feature_names"]  # type: ignore[operator] # JSON


HEADER = "customer,date,amount\n"
ODD_SHOPS = {
    "one customer": HEADER + "1,2026-03-01,5.00\n1,2026-03-09,7.00\n",
    "all refunds": HEADER + "1,2026-03-01,-5.00\n2,2026-03-02,-7.50\n",
    "one day of data": HEADER + "".join(f"{n},2026-03-01,{n}.00\n" for n in range(1, 60)),
    "dates to come": town(40) + "1,2031-01-01,9.00\n",
    "a million by mistake": town(40) + "1,2025-12-30,1000000.00\n",
}


@pytest.mark.parametrize("name", ODD_SHOPS)
def test_odd_data_gets_a_reasoned_answer_and_no_number_that_is_none(till: Till, name: str) -> None:
    till.imported(ODD_SHOPS[name], COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)

    run, found = scores(till)
    assert run is not None
    assert run.as_of <= NOW.date()
    summary = dict(run.summary)
    assert len(str(summary["reason"])) > 20
    assert bool(found) == (name != "all refunds")
    with till.session() as session:
        kept = [insight.content for insight in session.scalars(select(Insight))]
    json.dumps([summary, kept], allow_nan=False)
    amounts = [score.clv_minor for score in found.values() if score.clv_minor is not None]
    assert all(0 <= amount < 10_000_00 for amount in amounts)
    pdf, _ = monthly_report(till.jobs, shop_id=till.shop_id, as_of=dt.date(2026, 10, 31))
    assert pdf.startswith(b"%PDF-")


def test_a_run_and_an_erasure_do_not_wait_for_each_other(till: Till) -> None:
    till.imported("customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,6.00\n", COLUMNS)
    score_shop(till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
    _, found = scores(till)
    gone = found["2"].membership_id
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        membership_by_id(session, till.shop_id, gone, lock=GOES)  # as an erasure does first
        again = pool.submit(score_shop, till.jobs, shop_id=till.shop_id, now=NOW, key=MODEL_KEY)
        wait_for_lock(session, "the run to wait for the erasure")
        erase_customer(session, KEY, till.shop_id, gone)
        session.commit()
        again.result()
    assert scores(till)[1].keys() == {"1"}
