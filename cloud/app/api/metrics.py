"""What the API counts, for Prometheus: on SHOPBELL_API_METRICS_PORT where that is set.

The processes of gunicorn share their figures through files (prometheus_client's multiprocess mode);
the process above them answers, so that one address tells of all.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

LISTENERS = Gauge(
    "shopbell_api_listeners", "Live streams that are open", multiprocess_mode="livesum"
)
REFUSED_LISTENERS = Counter(
    "shopbell_api_listeners_refused", "Live streams that found no room in their process"
)
LIVE_EVENTS = Counter("shopbell_api_live_events", "Live states that were sent to streams")


def serve(port: int) -> None:
    """Answer for all processes, from a thread."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it has none
    start_http_server(port, registry=registry)


def forget(process_id: int) -> None:
    """Count the streams of a process that has ended no longer."""
    mark_process_dead(process_id)  # type: ignore[no-untyped-call] # it has none
