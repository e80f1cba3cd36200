"""How every process logs: to its standard error, without the rows that PostgreSQL quotes."""

import logging
from types import TracebackType

# what stands behind an error's own sentence: "Key (email)=(asha@example.com) already exists."
QUOTING = ("DETAIL:", "CONTEXT:", "LINE ")

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_to_stderr(pattern: str, level: int = logging.INFO) -> None:
    """Set up the logs of this process."""
    handler = logging.StreamHandler()
    handler.setFormatter(WithoutRows(pattern))
    logging.basicConfig(level=level, handlers=[handler])


class WithoutRows(logging.Formatter):
    """Leaves out the lines of a traceback in which the database says whose row it was."""

    def formatException(self, ei: _Caught) -> str:
        lines = super().formatException(ei).splitlines()
        return "\n".join(line for line in lines if not line.startswith(QUOTING))
