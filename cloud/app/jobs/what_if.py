"""`shopbell whatif`: the shop's model asked about a customer whose figures are entered by hand."""

import datetime as dt
import json
import uuid
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from cloud.app import settings as app_settings
from cloud.app.domain.errors import Invalid, NotFound
from cloud.app.domain.money import exponent
from cloud.app.jobs.models import ModelTable
from cloud.app.jobs.runs import Scorer, score_when_asked
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services.what_if import NAMES, what_if
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop
from cloud.ml.artifacts import ArtifactError, key_from
from cloud.ml.drivers import Figures


@click.command()
@click.argument("shop")
@click.option("--customer", type=click.UUID, help="Take figures that are not given from this one.")
@click.option("--visits", type=click.IntRange(1))
@click.option("--days-since-last-visit", type=click.IntRange(0))
@click.option("--tenure-days", type=click.IntRange(0), help="Days since the first visit.")
@click.option("--monetary-value", type=click.FloatRange(0), help="A visit's net amount.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def whatif(
    shop: str,
    customer: uuid.UUID | None,
    visits: int | None,
    days_since_last_visit: int | None,
    tenure_days: int | None,
    monetary_value: float | None,
    as_json: bool,
) -> None:
    """Ask the model of SHOP (its short name in addresses) about one customer."""
    settings = app_settings.from_environment()
    scorer = Scorer(job_sessions(settings), key_from(settings.secret_key))
    entered = (visits, days_since_last_visit, tenure_days, monetary_value)
    try:
        answer = ask(scorer, shop, customer, entered, dt.datetime.now(dt.UTC))
    except (Invalid, NotFound, ArtifactError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(answer, default=str) if as_json else in_words(answer))


def ask(
    scorer: Scorer,
    slug: str,
    customer: uuid.UUID | None,
    entered: tuple[int | None, int | None, int | None, float | None],
    now: dt.datetime,
) -> dict[str, Any]:
    """Return the API's answer, with the estimate of the model itself in place of the grid's."""
    shop_id, currency = _shop(scorer.sessions, slug)
    visits, away, tenure, value = entered
    value_minor = None if value is None else round(value * 10 ** exponent(currency))
    figures = dict(zip(NAMES, (visits, away, tenure, value_minor), strict=True))
    model = ModelTable(scorer.sessions, scorer.key).load_or_train(
        shop_id, lambda: score_when_asked(scorer, shop_id, now)
    )
    with scorer.sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        answer = what_if(session, shop_id, figures, customer)
    if model is None:
        return answer
    wanted = dict(answer["figures"])
    amount = max(wanted.pop("monetary_value_minor") / 10 ** exponent(currency), 0.01)
    told = model.model.what_if(Figures(**wanted, monetary_value=amount))
    return {**answer, "churn_probability": told.probability, "risk": told.risk,
            "drivers": told.drivers}  # fmt: skip


def in_words(answer: dict[str, Any]) -> str:
    """The answer as lines to read."""
    if answer["churn_probability"] is None:
        return f"No probability: {answer['verdict']}. {answer['reason']}"
    low, high = answer["low"], answer["high"]
    interval = f" (80 %: {low:.0%} to {high:.0%})" if low is not None else ""
    lines = [
        f"Does not come within {answer['horizon_days']} days: "
        f"{answer['churn_probability']:.0%}{interval}, risk {answer['risk']}",
        *(f"  {driver}" for driver in answer["drivers"]),
        f"By {answer['model']}, as of {answer['as_of']}; {answer['verdict']}.",
    ]
    return "\n".join(lines)


def _shop(sessions: sessionmaker[Session], slug: str) -> tuple[uuid.UUID, str]:
    with sessions.begin() as session:
        found = session.execute(select(Shop.id, Shop.currency).where(Shop.slug == slug)).first()
    if found is None:
        raise NotFound(f"SHOP: expected the short name of a shop, got {slug!r}")
    return found.id, found.currency
