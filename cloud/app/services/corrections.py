"""The count of people inside, set right: by a person, or when the shop has closed."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.domain.occupancy import margin_of_error, people_inside
from cloud.app.services.live import look
from cloud.app.services.openings import ring
from cloud.app.store.openings import CountCorrection
from cloud.app.store.shops import SiteState

# the last ones walk out after the door was closed
EMPTY_AFTER = dt.timedelta(minutes=15)


def set_inside(
    session: Session,
    shop_id: uuid.UUID,
    site_id: uuid.UUID,
    *,
    inside: int,
    reason: str | None,
    person_id: uuid.UUID,
    now: dt.datetime,
) -> CountCorrection:
    """Say how many people came in by this door and are inside. Raises NotFound."""
    site = _locked(session, shop_id, site_id)
    return _correct(session, site, inside, now, "person", reason, person_id)


def zero_closed_sites(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> int:
    """Let nobody be inside a shop that has been closed for a while; return how many doors were
    corrected."""
    view = look(session, shop_id, now)
    is_open = view.openness
    closed_at = is_open.since or now - EMPTY_AFTER
    if is_open.is_open is not False or now - closed_at < EMPTY_AFTER:
        return 0
    sites = [_locked(session, shop_id, site.site_id) for site in view.sites if _is_counted(site)]
    for site in sites:
        _correct(session, site, 0, now, "closing", None, None)
    return len(sites)


def corrections(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[CountCorrection]:
    """Return the corrections between two times, in order."""
    return session.scalars(
        select(CountCorrection)
        .where(CountCorrection.shop_id == shop_id)
        .where(CountCorrection.corrected_at >= begin, CountCorrection.corrected_at < end)
        .order_by(CountCorrection.corrected_at, CountCorrection.id)
    ).all()


def _is_counted(site: SiteState) -> bool:
    return bool(site.starting_inside or site.entries or site.exits or site.ambiguous)


def _locked(session: Session, shop_id: uuid.UUID, site_id: uuid.UUID) -> SiteState:
    site = session.get(
        SiteState, (shop_id, site_id), with_for_update={"key_share": True}, populate_existing=True
    )
    if site is None:
        raise NotFound("nothing was counted at this door yet")
    return site


def _correct(
    session: Session,
    site: SiteState,
    inside: int,
    now: dt.datetime,
    source: str,
    reason: str | None,
    person_id: uuid.UUID | None,
) -> CountCorrection:
    correction = CountCorrection(
        shop_id=site.shop_id,
        id=uuid.uuid4(),
        site_id=site.site_id,
        corrected_at=now,
        counted=people_inside(site.entries, site.exits, site.starting_inside),
        margin=margin_of_error(site.ambiguous),
        inside=inside,
        source=source,
        reason=reason,
        person_id=person_id,
    )
    session.add(correction)
    # passages before this moment count no more, also when they come late
    site.counted_since = now
    site.starting_inside = inside
    site.entries = site.exits = site.ambiguous = 0
    site.version += 1
    session.flush()
    ring(session, site.shop_id)
    return correction
