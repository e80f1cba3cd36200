"""Shops, their sites (one door each), their devices, and the live state of each."""

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE
from sqlalchemy.dialects.postgresql.ranges import MultiRange
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json, ShopId


class Shop(Base):
    """A tenant. `opening_hours` is an OSM string in the shop's time zone."""

    __tablename__ = "shop"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("language IN ('en', 'de', 'hi')", name="language"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    address: Mapped[str | None]
    country: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    opening_hours: Mapped[str | None]
    capacity: Mapped[int | None]
    # of its reports; null goes by the country
    language: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    # when everything of a shop that its owner has closed is deleted; null while it goes on
    delete_at: Mapped[dt.datetime | None]


class Site(Base):
    """One door of a shop, with its devices."""

    __tablename__ = "site"

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]


class SiteState(Base):
    """What is known of a door now. Advances only by (boot, sequence) of its device."""

    __tablename__ = "site_state"
    __table_args__ = (
        CheckConstraint("starting_inside >= 0", name="starting_inside"),
        ForeignKeyConstraint(
            ["shop_id", "site_id"], ["site.shop_id", "site.id"], ondelete="CASCADE"
        ),
    )

    shop_id: Mapped[ShopId]
    site_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    is_open: Mapped[bool | None]
    door_changed_at: Mapped[dt.datetime | None]
    door_device_id: Mapped[str | None]
    door_boot: Mapped[int | None] = mapped_column(BigInteger)
    door_sequence: Mapped[int | None]
    # when the count was last set to zero; passages before it do not count
    counted_since: Mapped[dt.datetime | None]
    # who was inside then
    starting_inside: Mapped[int] = mapped_column(server_default="0")
    entries: Mapped[int] = mapped_column(server_default="0")
    exits: Mapped[int] = mapped_column(server_default="0")
    ambiguous: Mapped[int] = mapped_column(server_default="0")
    last_event_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Device(Base):
    """A board at a door. Its id is its topic and its MQTT user name, unique over all shops."""

    __tablename__ = "device"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "site_id"], ["site.shop_id", "site.id"], ondelete="CASCADE"
        ),
        CheckConstraint("id ~ '^[a-z0-9-]{1,32}$'", name="id"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[str] = mapped_column(primary_key=True, unique=True)
    site_id: Mapped[uuid.UUID]
    name: Mapped[str]
    is_online: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[Json | None]
    status_at: Mapped[dt.datetime | None]
    seen_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]


class DeviceBoot(Base):
    """How far the events of one boot are committed, and how its clock relates to ours."""

    __tablename__ = "device_boot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "device_id"], ["device.shop_id", "device.id"], ondelete="CASCADE"
        ),
    )

    shop_id: Mapped[ShopId]
    device_id: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # every event up to this one is stored, rejected or known to be lost
    committed_sequence: Mapped[int] = mapped_column(server_default="0")
    highest_sequence: Mapped[int] = mapped_column(server_default="0")
    lost: Mapped[int] = mapped_column(server_default="0")
    # how many of the recorded numbers were rejected: their messages are in RejectedMessage
    rejected: Mapped[int] = mapped_column(server_default="0")
    # which numbers are stored or rejected, and the lowest one that the device still holds: the
    # three figures above follow from these two
    recorded: Mapped[MultiRange[int]] = mapped_column(INT8MULTIRANGE, server_default=text("'{}'"))
    oldest_sequence: Mapped[int] = mapped_column(server_default="1")
    # Unix time in ms at the boot's start, once an event carried both clocks
    started_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    first_seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Event(Base):
    """What a device saw, once for ever by (device, boot, sequence).

    That is kept by the locked `DeviceBoot.recorded`. The tables below are one for each month of
    receipt, and a unique key would have to contain that time.
    """

    __tablename__ = "event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "device_id"], ["device.shop_id", "device.id"], ondelete="CASCADE"
        ),
        CheckConstraint("time_source IN ('device', 'boot', 'received')", name="time_source"),
        Index("ix_event_site_time", "shop_id", "site_id", "occurred_at"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    shop_id: Mapped[ShopId]
    device_id: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    occurred_at: Mapped[dt.datetime]
    time_source: Mapped[str]
    up_ms: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[Json]
    received_at: Mapped[dt.datetime] = mapped_column(primary_key=True, server_default=func.now())


class FootfallHour(Base):
    """Who came and went in one hour of the shop's own time. Counted anew from the events when one
    of them comes late."""

    __tablename__ = "footfall_hour"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "site_id"], ["site.shop_id", "site.id"], ondelete="CASCADE"
        ),
        Index("ix_footfall_hour_date", "shop_id", "date"),
    )

    shop_id: Mapped[ShopId]
    site_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[dt.datetime] = mapped_column(primary_key=True)
    date: Mapped[dt.date]
    hour: Mapped[int] = mapped_column(SmallInteger)
    entries: Mapped[int]
    exits: Mapped[int]
    ambiguous: Mapped[int]


class FootfallDue(Base):
    """A quarter of an hour of which an event came: its hour has to be counted anew."""

    __tablename__ = "footfall_due"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "site_id"], ["site.shop_id", "site.id"], ondelete="CASCADE"
        ),
    )

    shop_id: Mapped[ShopId]
    site_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[dt.datetime] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger, server_default="1")


class RejectedMessage(Base):
    """A message, or one event of it, that can never succeed, kept with its reason."""

    __tablename__ = "rejected_message"
    __table_args__ = (Index("ix_rejected_message_shop", "shop_id", "last_received_at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    # of the device that is named by the topic, where we know it
    shop_id: Mapped[uuid.UUID | None]
    device_id: Mapped[str | None]
    # of a single rejected event
    boot: Mapped[int | None] = mapped_column(BigInteger)
    sequence: Mapped[int | None]
    # the numbers that are settled by this record: its device need not send them again
    sequences: Mapped[MultiRange[int] | None] = mapped_column(INT8MULTIRANGE)
    topic: Mapped[str]
    payload: Mapped[bytes]
    reason: Mapped[str]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # the same message again is counted and not kept again
    digest: Mapped[bytes | None] = mapped_column(unique=True)
    times: Mapped[int] = mapped_column(server_default="1")
    last_received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    replayed_at: Mapped[dt.datetime | None]
