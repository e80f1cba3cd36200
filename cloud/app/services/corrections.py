"""The count of people inside, set right: by a person, or when the shop has closed."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.domain.occupancy import margin_of_error, people_inside
from cloud.app.domain.openness import last_closed
from cloud.app.services.live import View, look
from cloud.app.services.openings import A_DAY, open_spans, ring
from cloud.app.store import timeline_queries
from cloud.app.store.openings import CountCorrection
from cloud.app.store.shops import SiteState

# the last ones walk out after the door was closed
EMPTY_AFTER = dt.timedelta(minutes=15)
# no customer stays so long while nobody else comes or goes
QUIET_FOR = dt.timedelta(hours=4)
# a shop that is closed for longer is emptied meanwhile
HOURS_WITHIN = dt.timedelta(days=14)
_ALWAYS = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


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
    corrected.

    A shop that is open has been closed before: what its boards kept for days, or nobody was at work
    to count, would be added up over the nights.
    """
    view = look(session, shop_id, now)
    counting = [site for site in view.sites if _is_counted(site)]
    emptied_at = _emptied_at(session, view, counting, now) if counting else None
    if emptied_at is None:
        return 0
    # in one order everywhere, so that nobody waits in a circle
    late = sorted(site.site_id for site in counting if _since(site) < emptied_at)
    locked = [_locked(session, shop_id, site_id) for site_id in late]
    due = [
        site
        for site in locked
        if _since(site) < emptied_at and _had_counted(session, site, emptied_at)
    ]
    for site in due:
        _correct(session, site, 0, emptied_at, "closing", None, None)
    return len(due)


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


def _emptied_at(
    session: Session, view: View, counting: Sequence[SiteState], now: dt.datetime
) -> dt.datetime | None:
    """Return when nobody can have been inside the last time, if there was such a time."""
    is_open = view.openness
    closed_at, opened_at = _by_hours(view, now) if is_open.source == "hours" else (None, None)
    if is_open.is_open is False:
        # not now: what a person says of a shop that is closed shall stand
        emptied_at = (is_open.since or closed_at or now - EMPTY_AFTER) + EMPTY_AFTER
        return emptied_at if emptied_at <= now else None
    # a door that moved before may stand open since
    since = min(map(_since, counting)) - A_DAY
    moves = timeline_queries.doors(session, view.shop.id, since, now)
    watched = {site.site_id for site in view.watched}
    last = last_closed((tuple(m) for m in moves if m.site_id in watched), EMPTY_AFTER)
    if last is not None:
        return last + EMPTY_AFTER
    if closed_at is not None:
        # not every door has a contact: who left late, and who came early, is not of this day
        return opened_at
    return _quiet_at(counting, now) if view.is_counting else None


def _quiet_at(counting: Sequence[SiteState], now: dt.datetime) -> dt.datetime | None:
    """Return when nobody had passed for so long that nobody can be inside, where nothing closes."""
    passed_at = max((site.last_event_at for site in counting if site.last_event_at), default=now)
    return passed_at + QUIET_FOR if now - passed_at >= QUIET_FOR else None


def _by_hours(view: View, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return when the published hours closed the shop the last time, and opened it since."""
    shop = view.shop
    # beyond now: a span that is only cut off there has not ended
    begin, end = now - HOURS_WITHIN, now + dt.timedelta(minutes=1)
    spans = open_spans(view.hours, shop.time_zone, shop.country, begin, end)
    closed_at = max((stop.astimezone(dt.UTC) for _, stop in spans if stop <= now), default=None)
    opened_at = max((start.astimezone(dt.UTC) for start, _ in spans if start <= now), default=None)
    return closed_at, opened_at


def _had_counted(session: Session, site: SiteState, until: dt.datetime) -> bool:
    return bool(site.starting_inside or any(_counted(session, site, _since(site), until)))


def _since(site: SiteState) -> dt.datetime:
    return site.counted_since or _ALWAYS


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
    at: dt.datetime,
    source: str,
    reason: str | None,
    person_id: uuid.UUID | None,
) -> CountCorrection:
    until, after = _counted(session, site, _since(site), at), _counted(session, site, at, _NEVER)
    correction = CountCorrection(
        shop_id=site.shop_id,
        id=uuid.uuid4(),
        site_id=site.site_id,
        corrected_at=at,
        counted=people_inside(until.entries, until.exits, site.starting_inside),
        margin=margin_of_error(until.ambiguous),
        inside=inside,
        source=source,
        reason=reason,
        person_id=person_id,
    )
    session.add(correction)
    # passages before this moment count no more, also when they come late
    site.counted_since = at
    site.starting_inside = inside
    site.entries, site.exits, site.ambiguous = after.entries, after.exits, after.ambiguous
    site.version += 1
    session.flush()
    ring(session, site.shop_id)
    return correction


def _counted(session: Session, site: SiteState, after: dt.datetime, until: dt.datetime) -> Row[Any]:
    return timeline_queries.counted(session, site.shop_id, site.site_id, after, until)
