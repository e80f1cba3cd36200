"""Every sentence of the models and rules has a code, so that clients can say it in any language."""

import ast
import re
from collections.abc import Callable, Container, Iterator
from datetime import date

import pandas as pd
import pytest

from cloud.app.api.customers import CONSENT_ENDED, SEEN_TO
from cloud.app.api.errors import DESCRIBED
from cloud.app.domain.errors import Invalid
from cloud.app.domain.said import (
    ADVICE,
    DRIVERS,
    EXPECTED,
    NOTES,
    OTHER,
    REFUSALS,
    Expectation,
    Patterns,
    Said,
    expectation_in,
    noted,
    said,
    told,
)
from cloud.app.domain.what_if import Figures, checked
from cloud.app.jobs.advice import with_actions
from cloud.app.services.contacts import normalised_contact, normalised_phone
from cloud.app.services.hours import checked_hours
from cloud.ml.actions import next_best_actions
from cloud.ml.analysis import analyse
from cloud.ml.drivers import GROUPS, drivers
from tests.conftest import repository


def test_a_drivers_sentence_is_read_back() -> None:
    assert said("usually every 9 days, now 26 (closed on 2 of them)", DRIVERS) == Said(
        "rhythm",
        {"gap_days": 9, "away_days": 26, "closed_days": 2},
        "usually every 9 days, now 26 (closed on 2 of them)",
    )
    assert said("stars are not in line", DRIVERS) == Said(OTHER, {}, "stars are not in line")


def test_every_driver_that_the_models_can_tell_has_a_code() -> None:
    rows = [(1, 1, None, None), (1, 30, None, 20), (4, 26, 9.2, None), (4, 3, 1.0, 1)]
    names = ("visits", "days_since_last_visit", "usual_gap_days", "open_days_since_last_visit")
    table = pd.DataFrame(rows, columns=list(names))
    codes = set()
    for group in GROUPS:
        for size in (-0.9, -0.2, 0.2, 0.9):
            parts = pd.DataFrame({group: [size] * len(rows)})
            for sentences in drivers(table, parts):
                found = told(sentences)
                codes |= {one.code for one in found}
                assert {one.values["input"] for one in found if "input" in one.values} <= {group}
    assert codes == set(DRIVERS)


def customer(**known: object) -> dict[str, object]:
    return {
        "customer_id": "1", "consents": ["sms"], "churn_probability": 0.5, "value_if_kept": 90.0,
        "average_order_value": 12.0, "usual_gap_days": 9.0, "days_since_last_visit": 20,
        "days_since_last_message": None, "messages_90_days": 0, "visits": 6, **known,
    }  # fmt: skip


def sold(*rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "amount"])
    return frame.assign(purchase_id=None, occurred_at=pd.to_datetime(frame["occurred_at"]))


def test_every_note_of_a_scoring_has_its_code() -> None:
    daily = [*pd.date_range("2024-01-01", "2024-02-17"), *pd.date_range("2024-03-10", "2024-03-25")]
    odd = sold(
        *(("a", day, 5.0) for day in daily), ("b", "2024-03-01", -5.0), ("a", "2030-01-01", 5.0)
    )
    one_day = sold(*((str(number), "2024-01-01", 5.0) for number in range(30)))
    slip = sold(*((str(n % 30), day, 5.0 + n) for n, day in enumerate(daily)))
    slip.loc[7, "amount"] = 1_000_000.0
    notes = [
        note
        for shop in (odd, one_day, slip)
        for note in analyse(shop, as_of=date(2024, 3, 25)).summary["notes"]
    ]
    found = {one.code: one.values for one in noted(notes)}
    assert found.keys() >= set(NOTES) - {"visits_unknown"}
    assert OTHER not in found
    assert found["closed"] == {"first": "2024-02-18", "last": "2024-03-09", "closed_days": 21}
    assert found["later"] == {"day": "2024-03-25", "count": 1}
    assert found["never_paid"] == {"count": 1}
    assert found["typing_errors"]["largest"] == 1_000_000.0
    assert said("Future visits cannot be estimated: it failed.", NOTES).code == "visits_unknown"


SITUATIONS = {
    "due": customer(),
    "away": customer(usual_gap_days=None),
    "no_consent": customer(consents=[]),
    "unknown": customer(churn_probability=None),
    "wrote_lately": customer(days_since_last_message=2),
    "wrote_often": customer(messages_90_days=9),
    "not_due": customer(days_since_last_visit=5),
    "not_worth_it": customer(value_if_kept=0.01),
}


@pytest.mark.parametrize("code", SITUATIONS)
def test_every_reason_of_an_action_has_its_code(code: str) -> None:
    (reason,) = next_best_actions(pd.DataFrame([SITUATIONS[code]]))["reason"]
    assert said(reason, ADVICE).code == code, reason


def test_those_who_are_left_alone_are_told_why_by_a_code() -> None:
    rows = [customer(days_since_last_visit=90), customer(customer_id="2", visits=1),
            customer(customer_id="3")]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[1, "days_since_last_visit"] = 3
    contact = ["consents", "days_since_last_message", "messages_90_days"]
    known = table[["customer_id", *contact]]
    found = with_actions(table.drop(columns=contact), known, horizon_days=60)
    codes = [said(reason, ADVICE).code for reason in found["reason"]]
    assert codes == ["gone", "too_early", "due"]
    assert said(SEEN_TO, ADVICE).code == "seen_to"
    assert said(CONSENT_ENDED, ADVICE).code == "consent_ended"
    assert said("No action is possible on the channels that are allowed.", ADVICE).code == (
        "not_possible"
    )


@pytest.mark.parametrize(
    ("code", "refuse"),
    [
        ("phone_with_country", lambda: normalised_contact("12")),
        ("phone", lambda: normalised_phone("12", "DE")),
        ("email", lambda: normalised_contact("a@b")),
        ("opening_hours", lambda: checked_hours("when I like")),
        ("range", lambda: checked(Figures(0, 1, 1, 1.0))),
        ("tenure", lambda: checked(Figures(5, 20, 10, 1.0))),
        ("tenure_once", lambda: checked(Figures(1, 20, 30, 1.0))),
    ],
    ids=["country", "phone", "email", "hours", "range", "tenure", "once"],
)
def test_what_was_expected_has_a_code(code: str, refuse: Callable[[], object]) -> None:
    with pytest.raises(Invalid) as refused:
        refuse()
    assert said(refused.value.expected, EXPECTED).code == code


def test_a_refused_cell_is_read_back_from_its_sentence() -> None:
    error = Invalid("amount", "an amount such as 12.50", "'not a price, got nothing'")
    read = expectation_in(str(error))
    assert read == Expectation(
        "amount", "an amount such as 12.50", "'not a price, got nothing'", "amount_point", {}
    )
    assert expectation_in("this purchase was stored before") is None
    assert expectation_in(None) is None


ERRORS = ("NotFound", "Gone", "SignedOut", "Forbidden", "Conflict", "TooOften", "Unavailable")
GAP = "…?…"
FILLINGS = ("1", "1970", "word", "2026-03-14", ".")
# of programs that make a request wrong, and of what an operator types: no client words them
OF_PROGRAMS = re.compile(
    r"a key for|the next_cursor|.+ visible ASCII|what was agreed to|amounts that add|nothing with|"
    r"the address of a bundle|64 hexadecimal|at most .+ bytes"
)


def sentences(kinds: Container[str], argument: int) -> Iterator[str]:
    """The sentences that the code raises errors with, a number or a word put where they vary."""
    for file in sorted((repository() / "cloud/app").rglob("*.py")):
        if file.parent.name in ("jobs", "ingest"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in kinds:
                yield from written(node.args[argument])


def written(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        yield "".join(GAP if part is None else str(part) for part in parts)


def codeless(kinds: Container[str], argument: int, patterns: Patterns) -> set[str]:
    def is_coded(sentence: str) -> bool:
        filled = (sentence.replace(GAP, filling) for filling in FILLINGS)
        return any(said(one, patterns).code != OTHER for one in filled)

    return {one for one in sentences(kinds, argument) if not is_coded(one)}


def test_every_refusal_that_a_person_can_meet_has_a_code() -> None:
    assert len(list(sentences(ERRORS, 0))) > 50
    assert codeless(ERRORS, 0, REFUSALS) == set()
    assert {said(text, REFUSALS).code for status, text in DESCRIBED.items() if status != 422} == {
        "other", "sign_in", "role", "no_customer", "too_slow", "reference_taken", "closed_for_good",
        "changed", "too_large", "too_often", "broker",
    }  # fmt: skip


def test_every_expectation_that_a_person_can_meet_has_a_code() -> None:
    expected = codeless(("Invalid", "TableError"), 1, EXPECTED)
    assert {one for one in expected if not OF_PROGRAMS.match(one)} == set()
