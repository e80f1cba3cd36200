"""What is known of a shop now, for its owner and, in words only, for everybody."""

import datetime as dt
import functools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its stub forgets the errors
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.domain.occupancy import Crowd, crowd, people_inside
from cloud.app.domain.openness import Door, Openness, device_problem, is_fresh, openness
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Device, Shop, SiteState


@dataclass(frozen=True)
class _View:
    """What the database says of a shop, seen at one moment."""

    shop: Shop
    sites: Sequence[SiteState]
    devices: Sequence[Device]
    now: dt.datetime

    @property
    def openness(self) -> Openness:
        hours = self.shop.opening_hours
        says = hours_say_open(hours, self.shop.time_zone, self.shop.country, self.now)
        return openness(self._doors, says)

    @property
    def entries(self) -> int:
        return sum(site.entries for site in self.sites)

    @property
    def exits(self) -> int:
        return sum(site.exits for site in self.sites)

    @property
    def inside(self) -> int | None:
        return people_inside(self.entries, self.exits) if self.sites else None

    @property
    def crowd(self) -> Crowd | None:
        """None also when a counter is silent: it may have missed who came."""
        counting = {site.site_id for site in self.sites}
        devices = [device for device in self.devices if device.site_id in counting]
        if not devices or not all(self._is_fresh(device) for device in devices):
            return None
        return crowd(self.inside, self.shop.capacity)

    @property
    def _doors(self) -> list[Door]:
        fresh = {device.id for device in self.devices if self._is_fresh(device)}
        return [
            Door(site.is_open, site.door_changed_at, site.door_device_id in fresh)
            for site in self.sites
            if site.is_open is not None
        ]

    def _is_fresh(self, device: Device) -> bool:
        return is_fresh(device.is_online, device.seen_at, self.now)


def live_state(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> dict[str, object]:
    """Return the live state of a shop for those who work there. Raises NotFound."""
    view = _look(session, session.get(Shop, shop_id), now)
    is_open = view.openness
    return {
        "shop_id": shop_id,
        "version": sum(site.version for site in view.sites),
        "is_open": is_open.is_open,
        "since": is_open.since,
        "source": is_open.source,
        "sensor_seen_at": max((d.seen_at for d in view.devices if d.seen_at), default=None),
        "inside": view.inside,
        "entries": view.entries,
        "exits": view.exits,
        "ambiguous": sum(site.ambiguous for site in view.sites),
        "crowd": view.crowd,
        "devices": [
            {
                "id": device.id,
                "name": device.name,
                "is_online": device.is_online,
                "seen_at": device.seen_at,
                "problem": device_problem(device.is_online, device.seen_at, now),
            }
            for device in view.devices
        ],
    }


def public_status(session: Session, slug: str, now: dt.datetime) -> dict[str, object]:
    """Return what anybody may know of a shop: no number of people. Raises NotFound."""
    act_for(session, slug=slug)
    shop = session.scalar(select(Shop).where(Shop.slug == slug))
    if shop is not None:
        act_for(session, shop_id=shop.id)
    view = _look(session, shop, now)
    is_open = view.openness
    return {
        "slug": view.shop.slug,
        "name": view.shop.name,
        "address": view.shop.address,
        "time_zone": view.shop.time_zone,
        "opening_hours": view.shop.opening_hours,
        "status": {
            "is_open": is_open.is_open,
            "since": is_open.since,
            "source": is_open.source,
            "checked_at": now,
        },
        "crowd": None if is_open.is_open is False else view.crowd,
    }


def hours_say_open(
    hours: str | None, time_zone: str, country: str, now: dt.datetime
) -> bool | None:
    """Tell whether published OSM opening hours mean open at `now`; None when they do not say."""
    if not hours:
        return None
    parsed = _parsed(hours, time_zone, country)
    if parsed is None:
        return None
    state, _ = parsed.state(now.astimezone(ZoneInfo(time_zone)))
    return {State.OPEN: True, State.CLOSED: False}.get(state)


def _look(session: Session, shop: Shop | None, now: dt.datetime) -> _View:
    if shop is None:
        raise NotFound("there is no such shop")
    of_shop = SiteState.shop_id == shop.id
    sites = session.scalars(select(SiteState).where(of_shop)).all()
    devices = session.scalars(
        select(Device)
        .where(Device.shop_id == shop.id, Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    ).all()
    return _View(shop, sites, devices, now)


@functools.lru_cache(maxsize=1000)
def _parsed(hours: str, time_zone: str, country: str) -> OpeningHours | None:
    # not every country's calendar of public holidays is known
    for calendar in (country, None):
        try:
            return OpeningHours(hours, timezone=ZoneInfo(time_zone), country=calendar)
        except UnknownCountryError:
            continue
        except ParserError:
            return None
    return None
