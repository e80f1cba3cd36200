"""Who was refused what, read from what Mosquitto says; and the process that reads it."""

import contextlib
import datetime as dt
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.app.jobs.broker import BrokerFolder, Encrypted, prepare
from cloud.app.jobs.broker_watch import TOPICS_MAX, Refusals, Tally, Watch
from cloud.app.jobs.certificates import RENEW_BEFORE, expires_at

DENIED = "Denied PUBLISH from d-1 (d0, q1, r0, m7, 'shopbell/1/d-2/event', ... (31 bytes))"


def read(*lines: str) -> list[tuple[str, str]]:
    refusals = Refusals()
    return [refusal for line in lines for refusal in refusals.read(line)]


def test_a_refused_message_is_found() -> None:
    assert read(DENIED) == [("d-1", "shopbell/1/d-2/event")]


def test_a_topic_cannot_pretend_to_be_the_end_of_the_line() -> None:
    bent = DENIED.replace("d-2/event", "x', ... (1 bytes)) Denied PUBLISH from d-3 (d0, q1")
    assert [client for client, _ in read(bent)] == ["d-1"]


def test_a_refused_subscription_is_found_and_a_granted_one_is_not() -> None:
    assert read(
        "Received SUBSCRIBE from d-1",
        "\tshopbell/1/d-2/command (QoS 1)",
        "\tshopbell/1/d-1/ack (QoS 1)",
        "\t# (QoS 0)",
        "d-1 1 shopbell/1/d-1/ack",
        "Sending SUBACK to d-1",
        "Sending SUBACK to d-1",
    ) == [("d-1", "shopbell/1/d-2/command"), ("d-1", "#")]


def test_a_lost_line_accuses_nobody_of_what_is_its_own() -> None:
    lines = ("Received SUBSCRIBE from d-1", "\tshopbell/1/d-1/ack (QoS 1)")
    assert read(*lines, "Sending SUBACK to d-1") == []


def test_the_same_again_is_counted_and_few_topics_are_remembered() -> None:
    tally = Tally()
    for number in range(TOPICS_MAX + 100):
        tally.add("d-1", f"t/{number}")
    tally.add("d-1", "t/0")
    reports = tally.take()
    assert len(reports) == TOPICS_MAX
    assert sum(int(str(report["times"])) for report in reports) == TOPICS_MAX + 101
    assert reports[0] == {"device": "d-1", "topic": "t/0", "times": 2}
    assert tally.take() == []


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where the watch reads, and where the broker writes."""
    ends = os.pipe()
    yield ends
    with contextlib.suppress(OSError):
        os.close(ends[0])


def test_warnings_are_passed_on_and_packets_are_not(
    pipe: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reported: list[dict[str, object]] = []
    lines = [
        "1795191428: Received PUBLISH from d-1 (d0, q1, r0, m2, 'x', ... (1 bytes))",
        f"1795191428: {DENIED}",
        "1795191428: Sending PUBACK to d-1 (m7, rc135)",
        "1795191428: Warning: something is full.",
        "1795191428: d-1 1 shopbell/1/d-1/ack",
    ]
    os.write(pipe[1], "".join(f"{line}\n" for line in lines).encode())
    os.close(pipe[1])

    Watch(BrokerFolder(tmp_path, 1883), reported.extend, os.getpid()).run(pipe[0])

    assert capsys.readouterr().err == "Warning: something is full.\n"
    assert reported == [{"device": "d-1", "topic": "shopbell/1/d-2/event", "times": 1}]


def test_a_certificate_is_renewed_while_the_broker_runs(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path, 1883, tls=Encrypted(8883, ("localhost",)))
    prepare(folder)
    first = folder.certificates.certificate.read_bytes()
    told: list[int] = []
    watch = Watch(folder, lambda _: None, os.getpid())
    before = signal.signal(signal.SIGHUP, lambda number, _: told.append(number))
    try:
        watch.renew(dt.datetime.now(dt.UTC))
        assert told == []
        watch.renew(expires_at(folder.certificates.certificate) - RENEW_BEFORE / 2)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert told == [signal.SIGHUP]
    assert folder.certificates.certificate.read_bytes() != first
