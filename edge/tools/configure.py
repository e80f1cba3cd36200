"""Settings of a board at hand: shown without their secrets, and changed by the board itself."""

import json
from typing import Any

from edge.tools.board import Board, BoardError
from edge.tools.firmware import firmware_module

PATH = "/config.json"
_SECRETS = ("password", "key")
# The board judges: it runs the firmware that will have to live with the settings.
_CHANGE = """
import json, slots, sys
sys.path.insert(0, slots.running())
import settings
try:
    settings.change(json.loads(%r), changeable=settings.EVERYTHING)
    print('null')
except settings.SettingsError as error:
    print(json.dumps(str(error)))
"""


def parse(assignments: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings that KEY=VALUE or GROUP.KEY=VALUE ask for; a value is JSON or a text."""
    wanted: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise ValueError(f"{assignment}: expected KEY=VALUE")
        group, _, key = name.partition(".")
        if key:
            wanted.setdefault(group, {})[key] = _value(text)
        else:
            wanted[group] = _value(text)
    return wanted


def check(settings: dict[str, Any]) -> None:
    """Raise ValueError with the reason when the firmware would refuse settings as a whole."""
    firmware_module("files")
    firmware = firmware_module("settings")
    for name in settings:
        if name not in firmware.EVERYTHING:
            raise ValueError(f"{name}: expected one of {', '.join(firmware.EVERYTHING)}")
    firmware.complete(settings)


def shown(board: Board) -> dict[str, Any]:
    """Return the settings of a board, with stars in the place of its secrets."""
    if board.hash_of(PATH) is None:
        raise BoardError(f"{PATH}: expected settings on the board, found none; set it up first")
    settings: dict[str, Any] = json.loads(board.read(PATH))
    for group in (settings, *(value for value in settings.values() if isinstance(value, dict))):
        for name in _SECRETS:
            if group.get(name):
                group[name] = "***"
    return settings


def change(board: Board, wanted: dict[str, Any]) -> None:
    """Change settings of a board; raise BoardError with the reason when it refuses."""
    refusal = json.loads(board.run(_CHANGE % json.dumps(wanted)).splitlines()[-1])
    if refusal is not None:
        raise BoardError(refusal)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
