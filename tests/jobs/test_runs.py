"""A shop is scored once a night, once at a time, and only when something has changed."""

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import select, text

from cloud.app.jobs import scoring
from cloud.app.jobs.models import ModelTable
from cloud.app.jobs.runs import Busy, Scorer, score_for_night, score_when_asked
from cloud.app.store.roles import act_for
from cloud.app.store.scores import ScoreRun
from cloud.app.store.scoring import CHURN, Model, Scoring
from cloud.app.store.scoring_queries import claimed, due_shops, night_of
from cloud.ml.artifacts import NotOurs
from cloud.ml.drivers import Figures
from tests.jobs.conftest import MODEL_KEY, NOW, Till
from tests.jobs.test_scoring_job import COLUMNS, town

FEW = "customer,date,amount\n1,2026-03-01,5.00\n2,2026-03-02,6.00\n"
MORE = "customer,date,amount\n1,2026-03-09,5.50\n"
DAY = dt.timedelta(days=1)


@pytest.fixture
def scorer(till: Till) -> Scorer:
    return Scorer(till.jobs, MODEL_KEY)


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """The shops that were really scored, in order."""
    done: list[uuid.UUID] = []
    score_shop = scoring.score_shop

    def counting(*args: object, shop_id: uuid.UUID, **more: object) -> None:
        done.append(shop_id)
        score_shop(*args, shop_id=shop_id, **more)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(scoring, "score_shop", counting)
    return done


def state(till: Till) -> Scoring:
    with till.session() as session:
        return session.get_one(Scoring, till.shop_id)


def is_due(till: Till, now: dt.datetime) -> bool:
    with till.jobs.begin() as session:
        return till.shop_id in due_shops(session, now)


@pytest.mark.parametrize(
    ("now", "time_zone", "night"),
    [
        ("2026-11-20T00:59+00:00", "Europe/Berlin", dt.date(2026, 11, 19)),
        ("2026-11-20T01:00+00:00", "Europe/Berlin", dt.date(2026, 11, 20)),
        ("2026-11-20T01:00+00:00", "America/New_York", dt.date(2026, 11, 19)),
        ("2026-11-20T20:31+00:00", "Asia/Kolkata", dt.date(2026, 11, 21)),
    ],
)
def test_a_night_begins_at_two_in_the_shop(now: str, time_zone: str, night: dt.date) -> None:
    assert night_of(dt.datetime.fromisoformat(now), time_zone) == night


def test_missed_nights_are_caught_up_by_one_run(
    till: Till, scorer: Scorer, scored: list[uuid.UUID]
) -> None:
    till.imported(FEW, COLUMNS)
    assert is_due(till, NOW)
    assert score_for_night(scorer, till.shop_id, NOW)
    assert not is_due(till, NOW)
    assert not score_for_night(scorer, till.shop_id, NOW)

    till.imported(MORE, COLUMNS)
    later = NOW + 5 * DAY
    assert is_due(till, later)
    assert score_for_night(scorer, till.shop_id, later)
    assert not is_due(till, later)
    assert len(scored) == 2
    assert state(till).night == later.date()


def test_a_shop_in_which_nothing_changed_is_not_computed_again(
    till: Till, scorer: Scorer, scored: list[uuid.UUID]
) -> None:
    till.imported(FEW, COLUMNS)
    score_for_night(scorer, till.shop_id, NOW)
    assert score_for_night(scorer, till.shop_id, NOW + DAY)
    score_when_asked(scorer, till.shop_id, NOW + DAY)
    assert len(scored) == 1
    till.imported(MORE, COLUMNS)
    score_when_asked(scorer, till.shop_id, NOW + DAY)
    assert len(scored) == 2
    # another customer bought it after all
    with till.session() as session:
        session.execute(
            text(
                "UPDATE purchase SET membership_id ="
                " (SELECT id FROM membership WHERE reference = '2')"
            )
        )
        session.commit()
    score_when_asked(scorer, till.shop_id, NOW + DAY)
    assert len(scored) == 3


def test_two_workers_do_not_score_a_shop_at_once(
    till: Till, scorer: Scorer, scored: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    till.imported(FEW, COLUMNS)
    within, go_on = threading.Event(), threading.Event()
    known = scoring._known

    def slowly(*args: object) -> object:
        within.set()
        assert go_on.wait(30)
        return known(*args)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(scoring, "_known", slowly)
    first = threading.Thread(target=score_for_night, args=(scorer, till.shop_id, NOW))
    first.start()
    assert within.wait(30)
    assert state(till).state == "running"
    assert not score_for_night(scorer, till.shop_id, NOW)
    with pytest.raises(Busy):
        score_when_asked(scorer, till.shop_id, NOW)
    go_on.set()
    first.join(30)
    assert len(scored) == 1
    assert state(till).state == "done"


def test_a_claim_ends_with_its_connection(till: Till) -> None:
    engine = till.jobs.kw["bind"]
    with claimed(engine, till.shop_id) as is_ours, claimed(engine, till.shop_id) as is_theirs:
        assert is_ours
        assert not is_theirs
    with claimed(engine, till.shop_id) as is_ours:
        assert is_ours


def test_a_failed_run_says_so_without_telling_of_people(
    till: Till, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("anna@example.org bought nothing")

    monkeypatch.setattr(scoring, "_known", broken)
    with pytest.raises(RuntimeError):
        score_when_asked(scorer, till.shop_id, NOW)
    assert (state(till).state, state(till).error) == ("failed", "RuntimeError")
    monkeypatch.undo()
    score_when_asked(scorer, till.shop_id, NOW)
    assert (state(till).state, state(till).error) == ("done", None)


def test_a_model_is_loaded_once_and_swapped_when_there_is_a_new_one(
    till: Till, scorer: Scorer
) -> None:
    table = ModelTable(till.jobs, MODEL_KEY)
    assert table.load(till.shop_id) is None
    content = town(60)
    till.imported(content, COLUMNS)
    score_when_asked(scorer, till.shop_id, NOW)
    first = table.load(till.shop_id)
    assert first is not None
    assert first is table.load(till.shop_id)
    assert first.card.customers == 60
    assert first.card.trained_to.year == 2025
    assert first.card.trained_from is not None
    assert first.card.metrics["auc"] is not None
    assert 0 < first.model.what_if(Figures(5, 20, 120, 10.0)).probability < 1

    till.imported("customer,date,amount\n1,2026-01-02,5.00\n", COLUMNS)
    score_when_asked(scorer, till.shop_id, NOW)
    second = table.load(till.shop_id)
    assert second is not None
    assert second is not first
    assert second.card.trained_to == dt.date(2026, 1, 2)


def test_a_model_of_other_versions_is_trained_again_and_a_foreign_one_refused(
    till: Till, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.imported(town(60), COLUMNS)
    versions = {"python": "3.0", "numpy": "0.1"}
    with monkeypatch.context() as past:
        past.setattr("cloud.ml.artifacts.library_versions", lambda: versions)
        score_when_asked(scorer, till.shop_id, NOW)
    table = ModelTable(till.jobs, MODEL_KEY)
    artifact = table.load_or_train(
        till.shop_id, lambda: score_when_asked(scorer, till.shop_id, NOW)
    )
    assert artifact is not None
    assert artifact.card.versions != versions

    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        model = session.get_one(Model, (till.shop_id, CHURN))
        model.sealed, model.checksum = b"SBMODEL1" + bytes(200), "other"
    with pytest.raises(NotOurs):
        table.load(till.shop_id)
    with till.session() as session:
        assert len(session.scalars(select(ScoreRun)).all()) == 1
