"""What is known of a shop now, for its owner and, in words only, for everybody."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.domain.occupancy import Crowd, crowd, margin_of_error, people_inside
from cloud.app.domain.openness import Door, Openness, Override, doubt_left_open, is_fresh, openness
from cloud.app.domain.typical_week import HourOfWeek, UsualHour
from cloud.app.services import openings
from cloud.app.services.device_health import healths
from cloud.app.services.footfall import next_quiet_time, usual_week
from cloud.app.services.shops import shop_by_slug
from cloud.app.store.device_queries import faulty_contacts
from cloud.app.store.openings import OpeningException
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Device, Shop, SiteState


@dataclass(frozen=True)
class View:
    """What the database says of a shop, seen at one moment."""

    shop: Shop
    sites: Sequence[SiteState]
    devices: Sequence[Device]
    # what is wrong with the door contacts, by device
    faulty: Mapping[str, str]
    override: Override | None
    exceptions: Sequence[OpeningException]
    week: Mapping[HourOfWeek, UsualHour]
    now: dt.datetime

    @cached_property
    def hours(self) -> str | None:
        """The published hours, with the days that have others."""
        return openings.promised_hours(self.shop, self.exceptions)

    @cached_property
    def openness(self) -> Openness:
        shop = self.shop
        if shop.delete_at is not None:
            return Openness(False, None, "hours")
        says = openings.says_open(self.hours, shop.time_zone, shop.country, self.now)
        doors = doubt_left_open(self._doors, self.now) if says is False else self._doors
        return openness(doors, says, self.override)

    @property
    def entries(self) -> int:
        return sum(site.entries for site in self.sites)

    @property
    def exits(self) -> int:
        return sum(site.exits for site in self.sites)

    @property
    def ambiguous(self) -> int:
        return sum(site.ambiguous for site in self.sites)

    @property
    def inside(self) -> int | None:
        starting = sum(site.starting_inside for site in self.sites)
        return people_inside(self.entries, self.exits, starting) if self.sites else None

    @property
    def is_counting(self) -> bool:
        """Tell whether no counter is silent: it may have missed who came."""
        counting = {site.site_id for site in self.sites}
        devices = [device for device in self.devices if device.site_id in counting]
        return bool(devices) and all(self._is_fresh(device) for device in devices)

    @property
    def crowd(self) -> Crowd | None:
        if not self.is_counting:
            return None
        local = self.now.astimezone(ZoneInfo(self.shop.time_zone))
        usual = self.week.get((local.weekday(), local.hour))
        return crowd(self.inside, self.shop.capacity, usual.inside if usual else None)

    @property
    def sensor_seen_at(self) -> dt.datetime | None:
        return max((device.seen_at for device in self.devices if device.seen_at), default=None)

    @property
    def watched(self) -> list[SiteState]:
        """The doors whose contact is still the shop's: what a removed one said last is over."""
        known = {device.id for device in self.devices}
        return [site for site in self.sites if site.door_device_id in known]

    @property
    def _doors(self) -> list[Door]:
        believed = {d.id for d in self.devices if self._is_fresh(d)} - self.faulty.keys()
        return [
            Door(site.is_open, site.door_changed_at, site.door_device_id in believed)
            for site in self.watched
            if site.is_open is not None
        ]

    def _is_fresh(self, device: Device) -> bool:
        return is_fresh(device.is_online, device.seen_at, self.now)


def look(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> View:
    """Look at a shop. Raises NotFound."""
    return _look(session, session.get(Shop, shop_id), now)


def live_state(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> dict[str, object]:
    """Return the live state of a shop for those who work there. Raises NotFound."""
    view = look(session, shop_id, now)
    is_open = view.openness
    states = healths(session, view.devices, view.faulty, now)
    return {
        "shop_id": shop_id,
        "version": sum(site.version for site in view.sites),
        "is_open": is_open.is_open,
        "since": is_open.since,
        "source": is_open.source,
        "until": is_open.until,
        "message": is_open.message,
        "sensor_seen_at": view.sensor_seen_at,
        "inside": view.inside,
        "margin": margin_of_error(view.ambiguous) if view.sites else None,
        "entries": view.entries,
        "exits": view.exits,
        "ambiguous": view.ambiguous,
        "crowd": view.crowd,
        "devices": [
            {
                "id": device.id,
                "name": device.name,
                "is_online": device.is_online,
                "seen_at": device.seen_at,
                "condition": states[device.id].condition,
                "problem": states[device.id].advice,
                "said": states[device.id].said,
            }
            for device in view.devices
        ],
    }


def public_status(session: Session, slug: str, now: dt.datetime) -> dict[str, object]:
    """Return what anybody may know of a shop: no number of people. Raises NotFound and Gone."""
    return public_status_of(session, shop_by_slug(session, slug), now)


def public_status_of(session: Session, shop: Shop, now: dt.datetime) -> dict[str, object]:
    """Return the same of a shop that is at hand, also while its owner is closing it."""
    act_for(session, shop_id=shop.id)
    view = _look(session, shop, now)
    is_open = view.openness
    return {
        "slug": view.shop.slug,
        "name": view.shop.name,
        "address": view.shop.address,
        "time_zone": view.shop.time_zone,
        "opening_hours": view.hours,
        "status": {
            "is_open": is_open.is_open,
            "since": is_open.since,
            "source": is_open.source,
            "until": is_open.until,
            "message": is_open.message,
            "sensor_seen_at": view.sensor_seen_at,
            "checked_at": now,
        },
        "crowd": None if is_open.is_open is False else view.crowd,
        **_what_comes(view),
    }


def _what_comes(view: View) -> dict[str, dt.datetime | None]:
    """When the published hours open or close next, after the owner's word that it is closed, and
    when it is quiet until then."""
    shop, hours = view.shop, view.hours
    if shop.delete_at is not None:
        return dict.fromkeys(("opens_at", "closes_at", "quiet_from", "quiet_until"))
    # who says "closed for today" does not come back at midnight
    is_open = view.openness
    since = is_open.until if is_open.until and not is_open.is_open else view.now
    opens, changes_at = openings.next_change(hours, shop.time_zone, shop.country, since) or (
        None,
        None,
    )
    quiet_from, quiet_until = next_quiet_time(shop, hours, view.week, since) or (None, None)
    return {
        "opens_at": changes_at if opens else None,
        "closes_at": None if opens else changes_at,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
    }


def _look(session: Session, shop: Shop | None, now: dt.datetime) -> View:
    if shop is None:
        raise NotFound("there is no such shop")
    sites = session.scalars(select(SiteState).where(SiteState.shop_id == shop.id)).all()
    devices = session.scalars(
        select(Device)
        .where(Device.shop_id == shop.id, Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    ).all()
    local = now.astimezone(ZoneInfo(shop.time_zone))
    # what ran past midnight belongs to yesterday
    yesterday = local.date() - dt.timedelta(days=1)
    return View(
        shop,
        sites,
        devices,
        faulty_contacts(session, shop.id),
        openings.current_override(session, shop.id, now),
        openings.exceptions(session, shop.id, yesterday),
        usual_week(session, shop, now),
        now,
    )
