"""The topics of Home Assistant's discovery, which a device may use when its owner wants it to."""

from wire.topics import subscription, topic

# component and name of each entity
ENTITIES = (
    ("binary_sensor", "door"),
    ("binary_sensor", "motion"),
    ("sensor", "entries"),
    ("sensor", "exits"),
    ("binary_sensor", "problem"),
)
# what earlier firmware has announced, to be removed
FORMER = (("sensor", "people"),)

# the topics of every device
FILTERS = ("homeassistant/+/+/+/config", subscription("home"))


def config_topic(device, component, entity):
    """Return the topic on which an entity of a device is announced."""
    return "homeassistant/%s/%s/%s/config" % (component, device, entity)


def state_topic(device):
    """Return the topic on which a device tells door, motion, entries and exits."""
    return topic(device, "home")


def topics_of(device):
    """Return every topic that discovery uses for a device, or has used."""
    return [state_topic(device)] + [config_topic(device, *entity) for entity in ENTITIES + FORMER]
