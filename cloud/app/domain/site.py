"""What is known of a site now, and how its devices' events move it on."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

# the kinds of events that move a site on; the others are history only
LIVE_KINDS = frozenset({"door", "passage", "ambiguous_passage", "zeroed"})
# and those that are rolled up by the hour
FOOTFALL_KINDS = frozenset({"passage", "ambiguous_passage"})


@dataclass(slots=True)
class SiteEvent:
    """An event of a device, dated."""

    device_id: str
    boot: int
    sequence: int
    kind: str
    occurred_at: dt.datetime
    body: dict[str, object]


@dataclass(slots=True)
class Site:
    """Door and counts of a site. Passages count from `counted_since`, or for ever when None."""

    shop_id: uuid.UUID
    id: uuid.UUID
    is_open: bool | None = None
    door_changed_at: dt.datetime | None = None
    door_device_id: str | None = None
    door_boot: int | None = None
    door_sequence: int | None = None
    counted_since: dt.datetime | None = None
    entries: int = 0
    exits: int = 0
    ambiguous: int = 0
    last_event_at: dt.datetime | None = None
    # who was inside at `counted_since`
    starting_inside: int = 0
    # an event changed what was counted before it: count again from the history
    needs_recount: bool = field(default=False, compare=False)

    def apply(self, event: SiteEvent) -> None:
        """Take in an event that was not seen before. The order of events does not matter."""
        if self.last_event_at is None or event.occurred_at > self.last_event_at:
            self.last_event_at = event.occurred_at
        if event.kind == "door" and self._is_news(event):
            self._set_door(event)
        elif event.kind == "passage" and self._counts(event):
            self._count_passage(event)
        elif event.kind == "ambiguous_passage" and self._counts(event):
            self.ambiguous += 1
        elif event.kind == "zeroed" and self._counts(event):
            self.counted_since = event.occurred_at
            self.starting_inside = 0
            self.needs_recount = True

    def _is_news(self, event: SiteEvent) -> bool:
        """An event that was overtaken belongs to the history only."""
        if self.door_device_id is None or self.door_changed_at is None:
            return True
        if event.device_id != self.door_device_id:
            return event.occurred_at > self.door_changed_at
        return (event.boot, event.sequence) > (self.door_boot, self.door_sequence)

    def _set_door(self, event: SiteEvent) -> None:
        is_open = bool(event.body["open"])
        if is_open != self.is_open:
            self.is_open = is_open
            self.door_changed_at = event.occurred_at
        self.door_device_id = event.device_id
        self.door_boot = event.boot
        self.door_sequence = event.sequence

    def _counts(self, event: SiteEvent) -> bool:
        return self.counted_since is None or event.occurred_at > self.counted_since

    def _count_passage(self, event: SiteEvent) -> None:
        if event.body["direction"] == "in":
            self.entries += 1
        else:
            self.exits += 1
