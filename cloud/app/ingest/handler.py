"""One transaction for a batch of messages: events, positions, live state, rejections."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import psycopg
from psycopg import Connection, Cursor

from cloud.app.domain.dating import boot_start_ms, date_event, is_of_another_start
from cloud.app.domain.device_status import is_newer
from cloud.app.domain.sequence import GAPS_MAX
from cloud.app.domain.site import FOOTFALL_KINDS, LIVE_KINDS, Site, SiteEvent
from cloud.app.ingest.decode import (
    Event,
    EventBatch,
    Received,
    Reply,
    Status,
    decode,
    one_by_one,
    readable_sequence,
    reject,
    with_numbers,
)
from cloud.app.services.mqtt import REFUSED_TOPIC
from cloud.app.store import device_commands, devices, events, sites
from cloud.app.store.devices import Boot, BootKey, DeviceRow
from cloud.app.store.direct import pipelined_transaction
from cloud.app.store.events import EventRow, Rejection, SiteTime
from cloud.app.store.sites import SiteKey

log = logging.getLogger(__name__)

# A device that sends events is seen alive; more often than this need not be written down.
SEEN_EVERY = dt.timedelta(seconds=10)

_Message = EventBatch | Status | Reply

_NOT_BODY = frozenset({"seq", "up", "at", "kind"})
_encode = msgspec.json.Encoder().encode


@dataclass
class Outcome:
    """What became of a batch: how far each boot is committed, and the counts."""

    committed: dict[BootKey, int] = field(default_factory=dict)
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0

    def add(self, other: "Outcome") -> "Outcome":
        """Take in what became of messages that were handled later."""
        self.committed.update(other.committed)
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        return self


def handle(connection: Connection, received: Sequence[Received], now: dt.datetime) -> Outcome:
    """Store messages and commit. One that can never succeed does not spoil the others: the batch
    is halved until it stands alone, and then it is recorded as rejected.

    Raises psycopg.Error when trying again later may succeed; nothing is stored then.
    """
    try:
        return _handle_together(connection, received, now)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        reason = f"database: {error.diag.message_primary or error}"
    except psycopg.Error:
        raise
    except Exception as error:
        log.exception("a message cannot be handled")
        reason = f"internal error: {type(error).__name__}"
    if len(received) == 1:
        received = one_by_one(received[0])
    if len(received) == 1:
        return _record_rejected(connection, received[0], reason, now)
    middle = len(received) // 2
    first = handle(connection, received[:middle], now)
    return first.add(handle(connection, received[middle:], now))


def _record_rejected(
    connection: Connection, received: Received, reason: str, now: dt.datetime
) -> Outcome:
    message = decode(received)
    rejection = reject(received, reason, message.device_id)
    if isinstance(message, EventBatch):
        rejection = with_numbers(rejection)
    return _handle_decoded(connection, [rejection], now)


def _handle_together(
    connection: Connection, received: Sequence[Received], now: dt.datetime
) -> Outcome:
    return _handle_decoded(connection, [decode(message) for message in received], now)


def _handle_decoded(
    connection: Connection, decoded: "Sequence[_Message | Rejection]", now: dt.datetime
) -> Outcome:
    work = _Work(now)
    for message in decoded:
        work.sort(message)
    with pipelined_transaction(connection) as cursor:
        work.run(cursor)
    return work.outcome()


class _Work:
    """A batch on its way into the database. Rows are locked in one order in every transaction:
    boots, devices, sites."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._now_ms = round(now.timestamp() * 1000)
        self._batches: list[EventBatch] = []
        self._statuses: list[Status] = []
        self._replies: list[Reply] = []
        self._rejections: list[Rejection] = []
        self._boots: dict[BootKey, Boot] = {}
        self._settled: set[BootKey] = set()
        self._events: list[EventRow] = []
        self._duplicates = 0
        self._shop_of: dict[str, uuid.UUID] = {}
        self._of_site: dict[SiteKey, list[SiteEvent]] = {}

    def sort(self, message: _Message | Rejection) -> None:
        if isinstance(message, EventBatch):
            self._batches.append(message)
        elif isinstance(message, Status):
            self._statuses.append(message)
        elif isinstance(message, Reply):
            self._replies.append(message)
        else:
            self._rejections.append(message)

    def run(self, cursor: Cursor) -> None:
        known = devices.find_devices(cursor, self._device_ids())
        self._shop_of = {device.id: device.shop_id for device in known.values()}
        self._reject_strangers(known)
        unreadable = self._unreadable(cursor, known)
        finished = self._finished(cursor, known)
        clocked = self._lock_boots(cursor, known, unreadable.keys() | finished.keys())
        for key, rejections in unreadable.items():
            self._settle(self._boots[key], rejections)
        for batch in self._batches:
            self._record(batch, known[batch.device_id])
        for key, last in finished.items():
            self._finish(self._boots[key], last)
        if self._events:
            events.insert_events(cursor, self._events)
        if self._batches or clocked or self._settled:
            devices.save_boots(cursor, self._boots.values())
        changed = self._advance_devices(cursor, known)
        moved = self._date_again(cursor, clocked)
        self._advance_sites(cursor, changed, {(shop, site) for shop, site, _ in moved})
        counted = self._counted() | moved
        if counted:
            events.note_footfall(cursor, counted)
        self._match_replies(cursor)
        if self._rejections:
            events.insert_rejections(cursor, self._rejections)
            refused = {
                r.shop_id for r in self._rejections if r.topic == REFUSED_TOPIC and r.shop_id
            }
            sites.ring(cursor, refused)

    def outcome(self) -> Outcome:
        keys = {(batch.device_id, batch.boot) for batch in self._batches} | self._settled
        return Outcome(
            {key: self._boots[key].log.committed for key in keys},
            len(self._events),
            self._duplicates,
            len(self._rejections),
        )

    def _device_ids(self) -> set[str]:
        named: list[_Message | Rejection] = [
            *self._batches,
            *self._statuses,
            *self._replies,
            *self._rejections,
        ]
        return {message.device_id for message in named if message.device_id is not None}

    def _reject_strangers(self, known: dict[str, DeviceRow]) -> None:
        for rejection in self._rejections:
            if rejection.device_id in known:
                rejection.shop_id = known[rejection.device_id].shop_id
        self._batches = [m for m in self._batches if self._is_welcome(m, known)]
        self._statuses = [m for m in self._statuses if self._is_welcome(m, known)]
        self._replies = [m for m in self._replies if self._is_welcome(m, known)]

    def _is_welcome(self, message: _Message, known: dict[str, DeviceRow]) -> bool:
        device = known.get(message.device_id)
        if device is not None and not device.is_revoked:
            return True
        reason = "expected a registered one, got an unknown id"
        if device is not None:
            reason = "expected a working credential, got a revoked one"
        rejection = reject(message.received, f"device: {reason}", message.device_id)
        rejection.shop_id = device.shop_id if device else None
        self._rejections.append(rejection)
        return False

    def _unreadable(
        self, cursor: Cursor, known: dict[str, DeviceRow]
    ) -> dict[BootKey, list[Rejection]]:
        """Return the unreadable batches whose numbers can be read, by their boots. A boot from
        which nothing was heard before may itself be misread."""
        found: dict[BootKey, list[Rejection]] = {}
        for rejection in self._rejections:
            device = known.get(rejection.device_id or "")
            if not rejection.sequences or rejection.boot is None:
                continue
            if device is not None and not device.is_revoked:
                found.setdefault((device.id, rejection.boot), []).append(rejection)
        if not found:
            return {}
        heard = devices.known_boots(cursor, found.keys())
        return {key: rejections for key, rejections in found.items() if key in heard}

    def _settle(self, boot: Boot, rejections: Sequence[Rejection]) -> None:
        """Count the numbers of unreadable batches as committed: the records keep what they held."""
        self._settled.add((boot.device_id, boot.number))
        for rejection in rejections:
            rejection.sequences = [
                (number, number)
                for number, _ in rejection.sequences
                if boot.log.may_record(number) and boot.log.record(number)
            ]
            boot.rejected += len(rejection.sequences)

    def _finished(self, cursor: Cursor, known: dict[str, DeviceRow]) -> dict[BootKey, int]:
        """Return the boots of which devices hold nothing any more, with their last numbers."""
        oldest = self._oldest_boots(known)
        # of these the device has nothing to say: what is beyond a gap is all that ever was
        finished = dict.fromkeys(devices.boots_with_gaps(cursor, oldest), 0) if oldest else {}
        for status in self._statuses:
            if status.body["state"] == "online":
                for boot, last in status.body.get("gone", ()):
                    key = status.device_id, boot
                    finished[key] = max(last, finished.get(key, 0))
        return finished

    def _oldest_boots(self, known: dict[str, DeviceRow]) -> dict[BootKey, uuid.UUID]:
        """Return the first boots of which devices hold something, where that is news, and their
        shops."""
        oldest: dict[BootKey, uuid.UUID] = {}
        for status in self._statuses:
            boot = status.body.get("oldest_boot") if status.body["state"] == "online" else None
            device = known[status.device_id]
            if boot is not None and boot != (device.status or {}).get("oldest_boot"):
                oldest[device.id, boot] = device.shop_id
        return oldest

    def _finish(self, boot: Boot, last: int) -> None:
        """Count what was never heard of a boot as lost. Its device repeats this until it is told,
        so it is answered each time."""
        boot.log.finish(last)
        self._settled.add((boot.device_id, boot.number))

    def _lock_boots(
        self, cursor: Cursor, known: dict[str, DeviceRow], settled: Iterable[BootKey]
    ) -> list[Boot]:
        """Lock the boots that speak or are settled; return those whose clock becomes known now."""
        clocks = self._clocks()
        keys = {(batch.device_id, batch.boot) for batch in self._batches} | clocks.keys()
        keys |= set(settled)
        if not keys:
            return []
        shops = {key: known[key[0]].shop_id for key in keys}
        self._boots = devices.lock_boots(cursor, shops)
        clocked = [key for key in clocks if self._boots[key].started_at_ms is None]
        for key in clocked:
            self._boots[key].started_at_ms = clocks[key]
        return [self._boots[key] for key in clocked]

    def _clocks(self) -> dict[BootKey, int]:
        """When boots began, as far as these messages tell."""
        clocks: dict[BootKey, int] = {}
        for device_id, boot, moment in self._moments():
            if (device_id, boot) not in clocks:
                start = boot_start_ms(moment["at"], moment["up"], self._now_ms)
                if start is not None:
                    clocks[device_id, boot] = start
        return clocks

    def _moments(self) -> Iterable[tuple[str, int, Event]]:
        for batch in self._batches:
            for event in batch.events:
                yield batch.device_id, batch.boot, event
        for status in self._statuses:
            if status.body["state"] == "online":
                yield status.device_id, status.body["boot"], status.body

    def _record(self, batch: EventBatch, device: DeviceRow) -> None:
        boot = self._boots[batch.device_id, batch.boot]
        boot.log.settle(batch.oldest)
        for event in batch.events:
            if not boot.log.may_record(event["seq"]):
                reason = f"seq: expected at most {GAPS_MAX} gaps in a boot, got one more"
                self._reject_event(batch, device, event, None, reason)
            elif boot.log.record(event["seq"]):
                self._store(event, boot, device)
            elif is_of_another_start(event["at"], event["up"], boot.started_at_ms, self._now_ms):
                reason = "boot: expected a number that only grows, got one of an earlier start"
                self._reject_event(batch, device, event, None, reason)
            else:
                self._duplicates += 1
        for unreadable, reason in batch.rejected:
            sequence = readable_sequence(unreadable)
            # what is recorded as rejected counts as committed: the device need not keep it
            if sequence is None:
                self._reject_event(batch, device, unreadable, None, reason)
            elif boot.log.record(sequence):
                boot.rejected += 1
                self._reject_event(batch, device, unreadable, sequence, reason)

    def _store(self, event: Event, boot: Boot, device: DeviceRow) -> None:
        occurred_ms, source = date_event(event["at"], event["up"], boot.started_at_ms, self._now_ms)
        body = {name: value for name, value in event.items() if name not in _NOT_BODY}
        self._events.append(
            EventRow(
                device.shop_id,
                device.id,
                boot.number,
                event["seq"],
                device.site_id,
                event["kind"],
                occurred_ms,
                source,
                event["up"],
                _encode(body).decode(),
            )
        )
        if event["kind"] in LIVE_KINDS:
            occurred_at = dt.datetime.fromtimestamp(occurred_ms / 1000, dt.UTC)
            self._of_site.setdefault((device.shop_id, device.site_id), []).append(
                SiteEvent(device.id, boot.number, event["seq"], event["kind"], occurred_at, body)
            )

    def _reject_event(
        self,
        batch: EventBatch,
        device: DeviceRow,
        event: object,
        sequence: int | None,
        reason: str,
    ) -> None:
        rejection = reject(batch.received, reason, device.id)
        rejection.payload = _encode(event)
        rejection.shop_id = device.shop_id
        rejection.boot = batch.boot
        rejection.sequence = sequence
        rejection.sequences = [] if sequence is None else [(sequence, sequence)]
        self._rejections.append(rejection)

    def _date_again(self, cursor: Cursor, clocked: Sequence[Boot]) -> set[SiteTime]:
        """Date the events that came before their boot's clock was known."""
        moved: set[SiteTime] = set()
        for boot in clocked:
            if boot.started_at_ms is not None:
                moved |= events.date_events_again(
                    cursor, boot.shop_id, boot.device_id, boot.number, boot.started_at_ms
                )
        return moved

    def _counted(self) -> set[SiteTime]:
        return {
            (event.shop_id, event.site_id, event.occurred_ms)
            for event in self._events
            if event.kind in FOOTFALL_KINDS
        }

    def _match_replies(self, cursor: Cursor) -> None:
        # in one order everywhere, so that workers never wait in a circle
        for reply in sorted(self._replies, key=lambda reply: str(reply.body["id"])):
            if not self._is_matched(cursor, reply):
                reason = f"id: expected that of a command to this device, got {reply.body['id']!r}"
                rejection = reject(reply.received, reason[:200], reply.device_id)
                rejection.shop_id = self._shop_of[reply.device_id]
                self._rejections.append(rejection)

    def _is_matched(self, cursor: Cursor, reply: Reply) -> bool:
        try:
            id_ = uuid.UUID(reply.body["id"])
        except ValueError:
            return False
        return device_commands.answer_command(
            cursor,
            reply.device_id,
            id_,
            is_ok=bool(reply.body["ok"]),
            detail=reply.body["detail"],
            now=self._now,
        )

    def _advance_devices(self, cursor: Cursor, known: dict[str, DeviceRow]) -> set[SiteKey]:
        """Write what devices say of themselves; return the sites where one came or went."""
        speaking: list[EventBatch | Status] = [*self._batches, *self._statuses]
        alive = {message.device_id for message in speaking if _is_alive(message)}
        stale = {id_ for id_ in alive if self._is_stale(known[id_])}
        wanted = stale | {status.device_id for status in self._statuses}
        if not wanted:
            return set()
        locked = devices.lock_devices(cursor, wanted)
        was_online = {device.id: device.is_online for device in locked.values()}
        for status in self._statuses:
            if status.device_id in locked:
                self._apply_status(status, locked[status.device_id])
        for id_ in alive & locked.keys():
            locked[id_].seen_at = self._now
        devices.save_devices(cursor, locked.values())
        return {
            (device.shop_id, device.site_id)
            for device in locked.values()
            if device.is_online != was_online[device.id]
        }

    def _is_stale(self, device: DeviceRow) -> bool:
        return device.seen_at is None or self._now - device.seen_at > SEEN_EVERY

    def _apply_status(self, status: Status, device: DeviceRow) -> None:
        if not is_newer(status.body, device.status):
            return
        device.is_online = status.body["state"] == "online"
        device.status_at = self._now
        if device.is_online:
            device.status = status.body

    def _advance_sites(self, cursor: Cursor, changed: set[SiteKey], again: set[SiteKey]) -> None:
        keys = self._of_site.keys() | changed | again
        if not keys:
            return
        locked = sites.lock_sites(cursor, keys)
        for key, site in locked.items():
            for event in self._of_site.get(key, ()):
                site.apply(event)
            if key in again:
                _correct_door(cursor, site)
            if site.needs_recount or key in again:
                events.recount(cursor, site)
        sites.save_sites(cursor, locked.values())
        sites.ring(cursor, {shop_id for shop_id, _ in keys})


def _is_alive(message: EventBatch | Status) -> bool:
    """A last will is not a sign of life, and neither is what the broker had kept."""
    if message.received.is_retained:
        return False
    return isinstance(message, EventBatch) or message.body["state"] == "online"


def _correct_door(cursor: Cursor, site: Site) -> None:
    moved_at = events.door_moved_at(cursor, site)
    # a state that began in an earlier boot keeps its earlier time
    if moved_at is not None and site.door_changed_at is not None:
        site.door_changed_at = min(moved_at, site.door_changed_at)
