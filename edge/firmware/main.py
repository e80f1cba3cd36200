"""What the board runs after power-on: read the settings and start."""

import sys

sys.path.insert(0, "/app")

import app  # noqa: E402  (the path above is where it is)
import settings  # noqa: E402

try:
    app.start(settings.load())
except settings.SettingsError as error:
    print("shopbell:", error)
