"""What the models say of a shop's customers."""

import uuid

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.insights import NO_SCORES
from cloud.app.api.schemas import reports
from cloud.app.api.schemas import scores as schemas
from cloud.app.domain.errors import NotFound
from cloud.app.services.scores import ask_for_scores
from cloud.app.store import score_queries
from cloud.app.store.scoring import CHURN, Model
from cloud.app.store.scoring_queries import scoring_of

NEVER = {"state": "idle", **dict.fromkeys(
    ("step", "asked_at", "started_at", "finished_at", "night", "error")
)}  # fmt: skip

routes = Blueprint("scores", "What the models say")


@routes.get("/shops/<uuid:shop_id>/scores")
@works_here("analyst")
@routes.returns(200, schemas.ScoreRun)
@routes.fails(404)
def get_scores(shop_id: uuid.UUID) -> dict[str, object]:
    """The latest scoring: model, verdict, back-test, and how many customers are in each band."""
    run = score_queries.latest_run(db.session(), shop_id)
    if run is None:
        raise NotFound(NO_SCORES)
    fields = ("as_of", "horizon_days", "model", "verdict", "summary", "created_at")
    shown = {field: getattr(run, field) for field in fields}
    return {**shown, "bands": score_queries.bands(db.session(), shop_id)}


@routes.get("/shops/<uuid:shop_id>/scoring")
@works_here("analyst")
@routes.returns(200, reports.Scoring)
@routes.fails(404)
def get_scoring(shop_id: uuid.UUID) -> object:
    """How far the latest scoring is: idle, waiting, running, done or failed."""
    return scoring_of(db.session(), shop_id) or NEVER


@routes.get("/shops/<uuid:shop_id>/model")
@works_here("analyst")
@routes.returns(200, reports.ModelCard)
@routes.fails(404)
def get_model(shop_id: uuid.UUID) -> dict[str, object]:
    """The card of the shop's churn model; without a signal there is none."""
    model = db.session().get(Model, (shop_id, CHURN))
    if model is None:
        raise NotFound("there is no model: the scores say why")
    return {**model.card, "created_at": model.created_at}


@routes.post("/shops/<uuid:shop_id>/scores")
@works_here("staff")
@routes.returns(202, schemas.Queued)
@routes.fails(403, 404)
def create_scores(shop_id: uuid.UUID) -> dict[str, object]:
    """Score all customers anew; runs in the background."""
    ask_for_scores(db.session(), shop_id)
    db.session.commit()
    return {}
