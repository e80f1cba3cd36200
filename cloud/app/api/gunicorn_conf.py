"""How gunicorn serves the API; WEB_CONCURRENCY changes the number of processes."""

import gc
import os
import shutil
import signal
import tempfile
from types import FrameType
from typing import Any

from cloud.app.settings import from_environment

_settings = from_environment()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "cloud.app.api.head_first.HeadFirstWorker"
# gunicorn reads this variable only where its file does not name a number
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# each live stream holds a thread (see streams.STREAMS_MAX), and the rest answer
threads = 64
# a worker whose heartbeat stops is ended; requests of threads are not meant
timeout = 60
graceful_timeout = 10
# for the next request of a connection, and for all of its head
keepalive = 15
# to be ready before a slow disk notices the heartbeat
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a folder in memory, as gunicorn's manual advises
# nothing else needs to steer the server while it runs
control_socket_disable = True
# without addresses, queries, referrers or agents: those are personal data, or carry it
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(b)s %(M)sms"
errorlog = "-"


# the processes count together through files there; prometheus_client looks when it is loaded
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
if _settings.api_metrics_port is not None and _COUNTS not in os.environ:
    os.environ[_COUNTS] = tempfile.mkdtemp(prefix="shopbell-counts-")


def when_ready(_server: Any) -> None:
    """Answer to Prometheus for all processes."""
    if _settings.api_metrics_port is not None:
        from cloud.app.api import metrics  # now that it knows where

        metrics.serve(_settings.api_metrics_port)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the streams of a process that has ended."""
    if _settings.api_metrics_port is not None:
        from cloud.app.api import metrics

        metrics.forget(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave no files behind."""
    if _settings.api_metrics_port is not None:
        shutil.rmtree(os.environ[_COUNTS], ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Leave what was loaded alone, and let the live streams end when the worker is told to stop."""
    # a look through all of it stops every thread for a tenth of a second, and finds nothing
    gc.collect()
    gc.freeze()
    # else the worker would wait for them
    streams = worker.wsgi.extensions["streams"]
    ending = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        streams.end()
        if callable(ending):
            ending(number, frame)

    signal.signal(signal.SIGTERM, stop)
