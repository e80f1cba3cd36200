"""What the ingest worker counts, for Prometheus: on SHOPBELL_METRICS_PORT where that is set."""

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from cloud.app.ingest.handler import Outcome

_BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_LAG_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300)

EVENTS = Counter("shopbell_ingest_events", "Events that were stored")
DUPLICATES = Counter("shopbell_ingest_duplicates", "Events that were stored before")
REJECTED = Counter("shopbell_ingest_rejected", "Messages and events that can never succeed")
BATCH = Histogram(
    "shopbell_ingest_batch_messages", "Messages in one transaction", buckets=_BATCH_BUCKETS
)
LAG = Histogram(
    "shopbell_ingest_lag_seconds",
    "From receipt to commit, oldest of a batch",
    buckets=_LAG_BUCKETS_S,
)
WAITING = Gauge("shopbell_ingest_waiting_messages", "Received and in no transaction yet")
DATABASE = Gauge("shopbell_ingest_database_up", "1 while the database answers")
BROKER = Gauge("shopbell_ingest_broker_up", "1 while the worker is connected to the broker")


def serve(port: int) -> None:
    """Answer to Prometheus from a thread of its own."""
    start_http_server(port)


def count(outcome: Outcome, n_messages: int, lag_s: float) -> None:
    """Note what became of a batch."""
    EVENTS.inc(outcome.stored)
    DUPLICATES.inc(outcome.duplicates)
    REJECTED.inc(outcome.rejected)
    BATCH.observe(n_messages)
    LAG.observe(lag_s)
