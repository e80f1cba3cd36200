"""The doctor on a real broker and a real database, well and ill."""

import datetime as dt
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from cloud.app.jobs.broker import BrokerFolder, Encrypted, Mosquitto, prepare
from cloud.app.jobs.certificates import expires_at
from cloud.app.jobs.doctor import (
    check_broker,
    check_certificate,
    check_configuration,
    check_database,
    doctor,
    read_configuration,
)
from cloud.app.settings import Settings
from tests.brokers import settings_for_broker
from tests.ingest.running import environment

DEFAULTS = "listener 1883\n"


def configuration(folder: Path, text: str) -> dict[str, str]:
    """Return the options of a configuration with this text."""
    file = folder / "mosquitto.conf"
    file.write_text(text)
    return read_configuration(file)


def test_our_own_configuration_loses_nothing(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883)
    prepare(folder)
    findings = check_configuration(read_configuration(folder.configuration))
    assert {finding.verdict for finding in findings} == {"good"}


def test_mosquitto_s_defaults_are_named_with_what_to_do(tmp_path: Path) -> None:
    options = configuration(tmp_path, DEFAULTS)
    findings = {f.subject: f for f in check_configuration(options)}
    queued = findings["broker: max_queued_messages"]
    assert (queued.verdict, queued.found) == ("loses", "1000")
    assert "set max_queued_messages 100000" in queued.advice
    assert findings["broker: max_inflight_messages"].verdict == "weak"
    assert findings["broker: persistence"].verdict == "loses"
    assert findings["broker: autosave_interval"].verdict == "weak"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("allow_anonymous true", "loses"),
        ("persistent_client_expiration 3h", "loses"),
        ("persistent_client_expiration 2w", "good"),
        ("queue_qos0_messages true", "weak"),
        ("max_queued_messages 0", "good"),
        ("max_queued_messages 999", "loses"),
        ("max_queued_bytes 100000", "loses"),
        ("max_queued_bytes 134217728", "good"),
        ("max_inflight_messages 20", "weak"),
        ("max_inflight_bytes 1000", "weak"),
        ("message_size_limit 16383", "loses"),
        ("message_size_limit 16384", "good"),
        ("max_packet_size 16384", "loses"),
        ("max_packet_size 2000000", "good"),
        ("memory_limit 1000000", "weak"),
        ("max_connections -1", "good"),
        ("max_connections 100", "weak"),
        ("max_qos 0", "loses"),
        ("max_qos 1", "good"),
        ("retain_available false", "loses"),
        ("sys_interval 0", "weak"),
        ("persistence true", "good"),
        ("autosave_interval 0", "weak"),
        ("autosave_interval 60", "good"),
    ],
)
def test_a_single_line_is_judged(tmp_path: Path, line: str, verdict: str) -> None:
    findings = {f.subject: f for f in check_configuration(configuration(tmp_path, line))}
    assert findings[f"broker: {line.split()[0]}"].verdict == verdict


def test_what_another_file_says_is_read_too(tmp_path: Path) -> None:
    included = tmp_path / "conf.d"
    included.mkdir()
    (included / "10-limits.conf").write_text("max_queued_messages 5\n")
    (included / "notes.txt").write_text("max_queued_messages 0\n")
    text = f"# as Debian has it\nmax_queued_messages 0\ninclude_dir {included}\n"
    assert configuration(tmp_path, text) == {"max_queued_messages": "5"}


def test_a_certificate_near_its_end_is_named(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883, tls=Encrypted(8883, ("localhost",)))
    prepare(folder)
    options = read_configuration(folder.configuration)
    ends = expires_at(folder.certificates.certificate)

    assert check_certificate(options, ends - dt.timedelta(days=40)).verdict == "good"
    late = check_certificate(options, ends - dt.timedelta(days=10))
    assert (late.verdict, late.found) == ("loses", "ends in 10 days")
    assert check_certificate({}, ends).verdict == "weak"
    gone = check_certificate({"certfile": str(tmp_path / "none.pem")}, ends)
    assert gone.verdict == "loses"


def test_our_broker_refuses_strangers_and_keeps_sessions(own_mosquitto: Mosquitto) -> None:
    findings = {f.subject: f for f in check_broker(settings_for_broker(own_mosquitto.folder))}
    assert {f.verdict for f in findings.values()} == {"good"}
    assert findings["broker: strangers"].found == "refused"
    assert findings["broker: messages dropped"].found == "0"


def test_a_wrong_password_is_named(mosquitto: BrokerFolder, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    settings = settings_for_broker(mosquitto, SHOPBELL_MQTT_PASSWORD_FILE=str(wrong))
    findings = {f.subject: f for f in check_broker(settings)}
    assert findings["broker: sessions"].verdict == "loses"


def test_a_broker_that_is_away_is_named(mosquitto: BrokerFolder) -> None:
    (finding,) = check_broker(settings_for_broker(mosquitto, SHOPBELL_MQTT_PORT="1"))
    assert (finding.verdict, finding.subject) == ("loses", "broker")


def test_a_database_that_does_not_wait_for_the_disk_is_named(settings: Settings) -> None:
    # the database of the tests does not
    findings = {f.subject: f for f in check_database(settings)}
    assert findings["database: fsync"].verdict == "loses"
    assert findings["database: synchronous_commit"].verdict == "good"
    assert findings["events: tables of months"].verdict == "good"


def test_what_a_role_or_a_table_does_otherwise_is_named(own_settings: Settings) -> None:
    server = own_settings.owner_url.set(drivername="postgresql")
    with psycopg.connect(server.render_as_string(hide_password=False)) as owner:
        assert "database: unlogged tables" in named(own_settings, "good")
        name = owner.info.dbname
        # in this database only: roles belong to the whole server
        owner.execute(f'ALTER ROLE shopbell_ingest IN DATABASE "{name}" SET synchronous_commit=off')
        owner.execute("CREATE UNLOGGED TABLE hasty (id int)")
    lossy = named(own_settings, "loses")
    assert "database: synchronous_commit of shopbell_ingest" in lossy
    assert "database: unlogged tables" in lossy


def named(settings: Settings, verdict: str) -> set[str]:
    """Return what the doctor finds so in a database."""
    return {finding.subject for finding in check_database(settings) if finding.verdict == verdict}


def test_a_database_that_is_away_is_named(mosquitto: BrokerFolder) -> None:
    (finding,) = check_database(settings_for_broker(mosquitto))
    assert (finding.verdict, finding.subject) == ("loses", "database")


def test_the_command_prints_a_line_for_each_and_ends_with_one(
    settings: Settings, mosquitto: BrokerFolder
) -> None:
    options = ["--broker-config", str(mosquitto.configuration)]
    done = CliRunner().invoke(doctor, options, env=environment(settings, mosquitto))
    assert done.exit_code == 1, done.output
    assert "loses  database: fsync: off - a power cut destroys the database" in done.output
    assert "good   broker: max_queued_messages: 100000" in done.output
