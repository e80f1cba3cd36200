"""`shopbell doctor`: names each setting of broker and database that can lose data."""

import datetime as dt
import queue
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
import psycopg
from paho.mqtt.client import Client

from cloud.app import settings as app_settings
from cloud.app.jobs.certificates import CertificateError, expires_at
from cloud.app.services.mqtt import KEEPALIVE_S, mqtt_client
from cloud.app.settings import Settings
from cloud.app.store.roles import ROLES
from wire import messages

Verdict = Literal["good", "weak", "loses"]

ANSWER_WITHIN_S = 5.0
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
# the worker's batches, and a fleet that talks while no worker runs
INFLIGHT_MIN = 1000
QUEUED_MIN = 10_000
QUEUED_BYTES_MIN = 2**24
# a message of a device with its topic
PACKET_BYTES_MIN = messages.PAYLOAD_MAX_BYTES + 256
CONNECTIONS_MIN = 1000
MEMORY_MIN = 2**28
AUTOSAVE_MAX_S = 300
CERTIFICATE_DAYS_MIN = 30

Configuration = Mapping[str, str]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what to do unless it is good."""

    verdict: Verdict
    subject: str
    found: str
    advice: str = ""


@dataclass(frozen=True)
class _Wanted:
    """A setting of PostgreSQL, the values under which nothing is lost, and what else to do."""

    name: str
    values: tuple[str, ...]
    verdict: Verdict
    advice: str


DATABASE = (
    _Wanted("fsync", ("on",), "loses", "a power cut destroys the database: set fsync = on"),
    _Wanted(
        "synchronous_commit",
        ("on", "remote_write", "remote_apply", "local"),
        "loses",
        "a device is told that events are stored before they are: set synchronous_commit = on",
    ),
    _Wanted(
        "full_page_writes", ("on",), "loses", "a crash can tear pages: set full_page_writes = on"
    ),
    _Wanted(
        "zero_damaged_pages",
        ("off",),
        "loses",
        "damaged pages are emptied without a word: set zero_damaged_pages = off",
    ),
    _Wanted(
        "data_checksums",
        ("on",),
        "weak",
        "a broken disk goes unnoticed: run pg_checksums --enable while the server is stopped",
    ),
    _Wanted(
        "archive_mode",
        ("on", "always"),
        "weak",
        "a lost disk takes all since the last backup: archive the write-ahead log",
    ),
)


@click.command()
@click.option(
    "--broker-config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Mosquitto's configuration; what it says cannot be asked over the network.",
)
def doctor(broker_config: Path | None) -> None:
    """Check broker and database, and end with 1 when data can be lost."""
    try:
        settings = app_settings.from_environment()
    except app_settings.SettingError as error:
        raise click.ClickException(str(error)) from None
    findings = [*check_database(settings), *check_broker(settings)]
    if broker_config is not None:
        options = read_configuration(broker_config)
        findings += [*check_configuration(options), check_certificate(options, _now())]
    else:
        advice = "name it with --broker-config to have its limits checked"
        findings.append(Finding("weak", "broker: configuration", "not given", advice))
    for finding in findings:
        click.echo(_line(finding))
    sys.exit(any(finding.verdict == "loses" for finding in findings))


def check_database(settings: Settings) -> list[Finding]:
    """Look at the server's settings and at what is stored."""
    url = settings.owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return [
                *_server_settings(connection),
                *_role_settings(connection),
                _unlogged(connection),
                *_contents(connection),
            ]
    except psycopg.Error as error:
        found = str(error).partition("\n")[0]
        return [Finding("loses", "database", found, "nothing is stored: start it")]


def check_broker(settings: Settings) -> list[Finding]:
    """Try what can be tried over the network."""
    try:
        return [
            _encryption(settings),
            _strangers(settings),
            _sessions(settings),
            _dropped(settings),
        ]
    except (OSError, queue.Empty) as error:
        return [Finding("loses", "broker", str(error) or "no answer", "start it")]


def read_configuration(file: Path) -> dict[str, str]:
    """Return the options of a mosquitto.conf and of the folders that it includes; the last one
    wins, as in Mosquitto."""
    options: dict[str, str] = {}
    for line in file.read_text().splitlines():
        name, _, value = line.strip().partition(" ")
        if name == "include_dir":
            for included in sorted(Path(value.strip()).glob("*.conf")):
                options |= read_configuration(included)
        elif name and not name.startswith("#"):
            options[name] = value.strip()
    return options


def check_configuration(options: Configuration) -> list[Finding]:
    """Look for limits of Mosquitto under which acknowledged messages disappear."""
    return [
        _at_least(options, "max_inflight_messages", 20, INFLIGHT_MIN, "weak"),
        _at_least(options, "max_inflight_bytes", 0, QUEUED_BYTES_MIN, "weak"),
        _at_least(options, "max_queued_messages", 1000, QUEUED_MIN, "loses"),
        _at_least(options, "max_queued_bytes", 0, QUEUED_BYTES_MIN, "loses"),
        _at_least(options, "message_size_limit", 0, messages.PAYLOAD_MAX_BYTES, "loses"),
        _at_least(options, "max_packet_size", 0, PACKET_BYTES_MIN, "loses"),
        _at_least(options, "max_connections", -1, CONNECTIONS_MIN, "weak"),
        _at_least(options, "memory_limit", 0, MEMORY_MIN, "weak"),
        _never(options, "queue_qos0_messages", "true", "queues fill with what nobody waits for"),
        _never(options, "max_qos", "0", "boards that send with QoS 1 are thrown out", "loses"),
        _never(
            options,
            "retain_available",
            "false",
            "boards that tell how they are are thrown out",
            "loses",
        ),
        _never(options, "sys_interval", "0", "nobody is told of dropped messages"),
        _must_be(options, "persistence", "false", "true", "sessions end with the broker's process"),
        _autosave(options),
        _must_be(options, "allow_anonymous", "false", "false", "anybody may speak for any device"),
        _expiration(options),
    ]


def check_certificate(options: Configuration, now: dt.datetime) -> Finding:
    """Look at when the certificate ends that boards check."""
    subject = "broker: certificate"
    if "certfile" not in options:
        advice = "boards elsewhere need a TLS listener: see --tls-port of `shopbell broker run`"
        return Finding("weak", subject, "none", advice)
    try:
        days = (expires_at(Path(options["certfile"])) - now).days
    except CertificateError as error:
        return Finding("loses", subject, str(error), "boards cannot reach the broker: make it anew")
    if days >= CERTIFICATE_DAYS_MIN:
        return Finding("good", subject, f"ends in {days} days")
    advice = "boards refuse it then: restart `shopbell broker run`, which renews it"
    return Finding("loses", subject, f"ends in {days} days", advice)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _server_settings(connection: psycopg.Connection) -> Iterable[Finding]:
    for wanted in DATABASE:
        row = connection.execute("SELECT current_setting(%s, true)", (wanted.name,)).fetchone()
        value = str(row[0]) if row else "unknown"
        is_good = value in wanted.values
        verdict: Verdict = "good" if is_good else wanted.verdict
        yield Finding(verdict, f"database: {wanted.name}", value, "" if is_good else wanted.advice)


def _role_settings(connection: psycopg.Connection) -> Iterable[Finding]:
    """Look for what a role or this database sets otherwise than the server."""
    query = """
        SELECT coalesce(rolname, 'every role'), setting
        FROM pg_db_role_setting CROSS JOIN unnest(setconfig) AS setting
        LEFT JOIN pg_roles ON pg_roles.oid = setrole
        WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND (setrole = 0 OR rolname = ANY(%s))
        ORDER BY 1, 2
    """
    wanted = {one.name: one for one in DATABASE}
    for role, setting in connection.execute(query, (list(ROLES),)):
        name, _, value = setting.partition("=")
        if name in wanted and value not in wanted[name].values:
            found = f"database: {name} of {role}"
            yield Finding(wanted[name].verdict, found, value, wanted[name].advice)


def _unlogged(connection: psycopg.Connection) -> Finding:
    (names,) = _one_row(
        connection,
        "SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class"
        # how often somebody asked may be forgotten
        " WHERE relpersistence = 'u' AND relkind IN ('r', 'p') AND relname <> 'rate_limit'",
    )
    if not names:
        return Finding("good", "database: unlogged tables", "none")
    advice = "a crash empties them: ALTER TABLE ... SET LOGGED"
    return Finding("loses", "database: unlogged tables", str(names), advice)


def _contents(connection: psycopg.Connection) -> Iterable[Finding]:
    strays, next_month, lost, rejected = _one_row(
        connection,
        """
        SELECT (SELECT count(*) FROM event_default),
            to_regclass('event_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month',
                                            'YYYY_MM')) IS NOT NULL,
            (SELECT coalesce(sum(lost), 0) FROM device_boot),
            (SELECT count(*) FROM rejected_message
             WHERE replayed_at IS NULL AND last_received_at > now() - interval '7 days')
        """,
    )
    worker = "the nightly job does not run: is `shopbell worker` running?"
    yield _when(not strays and bool(next_month), "events: tables of months", "ready", worker)
    outbox = "outboxes ran over while the link was down: see the devices, and their Wi-Fi"
    yield _when(lost == 0, "events: lost by devices", f"{lost}", outbox)
    reasons = "see the reasons at /rejections, then run `shopbell replay`"
    yield _when(rejected == 0, "events: rejected in 7 days", f"{rejected}", reasons)


def _one_row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    return tuple(row) if row else ()


def _when(is_good: bool, subject: str, found: str, advice: str) -> Finding:
    if is_good:
        return Finding("good", subject, found)
    return Finding("weak", subject, found if found != "ready" else "not ready", advice)


def _encryption(settings: Settings) -> Finding:
    if settings.mqtt_ca_file is not None:
        return Finding("good", "broker: encryption", "TLS")
    if settings.mqtt_host in ("127.0.0.1", "::1", "localhost"):
        return Finding("good", "broker: encryption", "none, on this machine only")
    advice = "passwords travel in the open: make a TLS listener and set SHOPBELL_MQTT_CA_FILE"
    return Finding("weak", "broker: encryption", "none", advice)


def _strangers(settings: Settings) -> Finding:
    with _Visit(settings, "shopbell-doctor-stranger", username=None, password=None) as visit:
        is_let_in, _ = visit.answer()
    if not is_let_in:
        return Finding("good", "broker: strangers", "refused")
    advice = "anybody may speak for any device: set allow_anonymous false"
    return Finding("loses", "broker: strangers", "let in", advice)


def _sessions(settings: Settings) -> Finding:
    name = "shopbell-doctor"
    username, password = settings.mqtt_username, settings.mqtt_password
    with _Visit(settings, name, username=username, password=password, is_persistent=True) as visit:
        is_let_in, _ = visit.answer()
    with _Visit(settings, name, username=username, password=password, is_persistent=True) as visit:
        _, is_remembered = visit.answer()
    with _Visit(settings, name, username=username, password=password) as visit:
        visit.answer()  # a clean session makes the broker forget this name
    if not is_let_in:
        advice = "the worker cannot sign in: check SHOPBELL_MQTT_USERNAME and its password"
        return Finding("loses", "broker: sessions", "refused", advice)
    if is_remembered:
        return Finding("good", "broker: sessions", "kept while a worker is away")
    advice = "what arrives while no worker runs is gone: this broker keeps no sessions"
    return Finding("loses", "broker: sessions", "forgotten", advice)


def _dropped(settings: Settings) -> Finding:
    if settings.mqtt_admin_username is None:
        advice = "set SHOPBELL_MQTT_ADMIN_USERNAME to have the broker's own figures read"
        return Finding("weak", "broker: messages dropped", "not known", advice)
    admin, password = settings.mqtt_admin_username, settings.mqtt_admin_password
    name = "shopbell-doctor-figures"
    with _Visit(settings, name, username=admin, password=password) as visit:
        visit.answer()
        dropped = visit.read(DROPPED_TOPIC)
    if dropped is None:
        advice = "this broker does not publish $SYS figures: watch its drop counters yourself"
        return Finding("weak", "broker: messages dropped", "not published", advice)
    if dropped == "0":
        return Finding("good", "broker: messages dropped", "0")
    advice = (
        "a queue was full and devices had to send again: run more workers, or raise"
        " max_queued_messages"
    )
    return Finding("weak", "broker: messages dropped", dropped, advice)


class _Visit:
    """One short connection to the broker."""

    def __init__(
        self,
        settings: Settings,
        client_id: str,
        *,
        username: str | None,
        password: str | None,
        is_persistent: bool = False,
    ) -> None:
        self._answers: queue.SimpleQueue[tuple[bool, bool]] = queue.SimpleQueue()
        self._values: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._client = mqtt_client(
            settings,
            client_id,
            username=username,
            password=password,
            is_persistent=is_persistent,
            of_class=Client,
        )
        self._client.on_connect = lambda _c, _d, flags, reason, _p: self._answers.put(
            (not reason.is_failure, flags.session_present)
        )
        self._client.on_message = lambda _c, _d, message: self._values.put(message.payload.decode())
        self._client.connect(settings.mqtt_host, settings.mqtt_port, KEEPALIVE_S)
        self._client.loop_start()

    def __enter__(self) -> "_Visit":
        return self

    def __exit__(self, *_details: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def answer(self) -> tuple[bool, bool]:
        """Return whether the broker let us in, and whether it had kept a session."""
        return self._answers.get(timeout=ANSWER_WITHIN_S)

    def read(self, topic: str) -> str | None:
        """Return the value kept at a topic, None when there is none."""
        self._client.subscribe(topic)
        try:
            return self._values.get(timeout=ANSWER_WITHIN_S)
        except queue.Empty:
            return None


def _at_least(
    options: Configuration, name: str, default: int, least: int, verdict: Verdict
) -> Finding:
    text = options.get(name, str(default))
    # for Mosquitto 0, and -1 of connections, is without a limit
    if not text.isdecimal() or int(text) == 0 or int(text) >= least:
        return Finding("good", f"broker: {name}", text)
    advice = f"beyond it messages are dropped or wait without a word: set {name} {10 * least}"
    return Finding(verdict, f"broker: {name}", text, advice)


def _must_be(
    options: Configuration, name: str, default: str, wanted: str, consequence: str
) -> Finding:
    found = options.get(name, default)
    if found == wanted:
        return Finding("good", f"broker: {name}", found)
    return Finding("loses", f"broker: {name}", found, f"{consequence}: set {name} {wanted}")


def _never(
    options: Configuration, name: str, bad: str, consequence: str, verdict: Verdict = "weak"
) -> Finding:
    found = options.get(name, "not set")
    if found != bad:
        return Finding("good", f"broker: {name}", found)
    return Finding(verdict, f"broker: {name}", found, f"{consequence}: leave {name} out")


def _autosave(options: Configuration) -> Finding:
    """What a crash takes with it the devices send again: so it is weak, and no loss."""
    subject, found = "broker: autosave_interval", options.get("autosave_interval", "1800")
    counts_changes = options.get("autosave_on_changes") == "true"
    if counts_changes or (found.isdecimal() and 0 < int(found) <= AUTOSAVE_MAX_S):
        return Finding("good", subject, found)
    advice = "a crash takes what was queued since: set autosave_interval 60"
    return Finding("weak", subject, found, advice)


def _expiration(options: Configuration) -> Finding:
    subject, found = "broker: persistent_client_expiration", "never"
    found = options.get("persistent_client_expiration", found)
    if found == "never" or found.endswith(("d", "w", "m", "y")):
        return Finding("good", subject, found)
    advice = "a worker that is away over the weekend loses its queue: set it to 14d"
    return Finding("loses", subject, found, advice)


def _line(finding: Finding) -> str:
    advice = f" - {finding.advice}" if finding.advice else ""
    return f"{finding.verdict:5}  {finding.subject}: {finding.found}{advice}"
