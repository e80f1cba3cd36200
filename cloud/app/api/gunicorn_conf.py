"""How gunicorn serves the API; WEB_CONCURRENCY changes the number of processes."""

import signal
from types import FrameType
from typing import Any

from cloud.app.settings import from_environment

_settings = from_environment()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = 2
# each live stream holds a thread (see streams.STREAMS_MAX), and the rest answer
threads = 64
# a worker whose heartbeat stops is ended; requests of threads are not meant
timeout = 60
graceful_timeout = 10
keepalive = 15
# to be ready before a slow disk notices the heartbeat
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a folder in memory, as gunicorn's manual advises
# nothing else needs to steer the server while it runs
control_socket_disable = True
# without addresses, queries, referrers or agents: those are personal data, or carry it
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
errorlog = "-"


def post_worker_init(worker: Any) -> None:
    """Let the live streams end when the worker is told to stop; else it would wait for them."""
    streams = worker.wsgi.extensions["streams"]
    ending = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        streams.end()
        if callable(ending):
            ending(number, frame)

    signal.signal(signal.SIGTERM, stop)
