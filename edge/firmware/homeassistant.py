"""Home Assistant's MQTT discovery: five entities of this board, announced and retained.

Loaded only when it is switched on, or was: then its entities are removed once. `entries` and
`exits` are counted since the board's start. How many are inside is not for one board to say: their
difference drifts, and the cloud, which knows all doors, closing time and the owner's corrections,
sets it to zero every night.
"""

from files import remove

from wire.fields import encode
from wire.home import ENTITIES, FORMER, config_topic, state_topic, topics_of
from wire.topics import topic

# What the entities have of their own; the states of the first three come in one message.
_DETAILS = {
    "door": {"device_class": "door", "payload_on": "1", "payload_off": "0"},
    "motion": {"device_class": "motion", "payload_on": "1", "payload_off": "0"},
    "entries": {"state_class": "total_increasing", "icon": "mdi:account-arrow-right"},
    "exits": {"state_class": "total_increasing", "icon": "mdi:account-arrow-left"},
    "problem": {"device_class": "problem", "entity_category": "diagnostic"},
}
_PROBLEM = (
    "{{ 'ON' if value_json.safe_mode|default(0) or value_json.outbox_dropped|default(0)"
    " or value_json.outbox_depth|default(0) > 50 else 'OFF' }}"
)


class Home:
    """What Home Assistant gets to see of a board."""

    def __init__(self, device, firmware, is_on, marker):
        self._device = device
        self._firmware = firmware
        self._is_on = is_on
        self._marker = marker
        self._state = {"entries": 0, "exits": 0}
        self._is_new = is_on
        self.topic = state_topic(device).encode()

    def announcements(self):
        """Yield (topic, payload) of what is to be retained; an empty payload removes it."""
        if self._is_on:
            with open(self._marker, "w"):
                pass  # before: a power cut must not leave entities that nobody removes
            for component, entity in FORMER:
                yield config_topic(self._device, component, entity).encode(), b""
            for component, entity in ENTITIES:
                name = config_topic(self._device, component, entity)
                yield name.encode(), encode(self._config(entity))
            self._is_new = True
            return
        for name in topics_of(self._device):
            yield name.encode(), b""
        remove(self._marker)

    def take(self, kind, fields):
        """Follow an event."""
        if kind == "door":
            self._state["door"] = fields["open"]
        elif kind == "motion":
            self._state["motion"] = fields["active"]
        elif kind == "passage":
            self._state["entries" if fields["direction"] == "in" else "exits"] += 1
        else:
            return
        self._is_new = self._is_on

    def news(self):
        """Return the states as a payload when they have changed, else None."""
        if not self._is_new:
            return None
        self._is_new = False
        return encode(self._state)

    def _config(self, entity):
        device, status = self._device, topic(self._device, "status")
        of_health = entity == "problem"
        config = {
            "name": entity,
            "unique_id": "shopbell_%s_%s" % (device, entity),
            "state_topic": status if of_health else state_topic(device),
            "value_template": _PROBLEM if of_health else "{{ value_json.%s }}" % entity,
            "availability": [{"topic": status, "value_template": "{{ value_json.state }}"}],
            "device": {
                "identifiers": ["shopbell_" + device],
                "name": "Shopbell " + device,
                "manufacturer": "Shopbell",
                "sw_version": self._firmware,
            },
        }
        config.update(_DETAILS[entity])
        return config
