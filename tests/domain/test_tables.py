"""Foreign tables open whatever their encoding, delimiter and header; damage names its line."""

import gzip
import io

import pytest

from cloud.app.domain.tables import Table, TableError, open_table


def opened(content: bytes) -> Table:
    return open_table(io.BytesIO(content), "till.csv")


def test_rows_come_with_the_line_on_which_they_begin() -> None:
    table = opened(b'customer,note\r\n007,"two\r\nlines"\r\n\r\n008,plain\r\n')

    assert table.columns == ["customer", "note"]
    assert list(table.rows) == [(2, ["007", "two\r\nlines"]), (5, ["008", "plain"])]


def test_cells_stay_text_with_leading_zeros() -> None:
    assert opened(b"id,n\n007,1.50\n").sample == [["007", "1.50"]]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        (b"a,b,c\n1,2,3\n", ","),
        (b"a;b\n1;2,50\n3;4,50\n", ";"),  # commas are decimal marks here
        (b"1;2,50\n3;4,50\n", ";"),
        (b"a\tb\n1\t2\n", "\t"),
        (b"a|b\n1|2\n", "|"),
        (b" id  date amount\n 0001 19970101  11.77\n", " "),
        (b'a,b\n"x; y",1\n"z; w",2\n', ","),
    ],
)
def test_delimiter_is_found(content: bytes, delimiter: str) -> None:
    assert opened(content).delimiter == delimiter


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "Zoë Müller"),
        ("utf-8-sig", "Zoë Müller"),
        ("utf-16", "Zoë Müller"),
        ("cp1252", "Zoë Müller, Straße 5 €"),
        ("cp1251", "Дмитрий Столица"),
    ],
)
def test_encoding_is_found(encoding: str, name: str) -> None:
    table = opened(f"customer;name\n007;{name}\n".encode(encoding))

    assert table.columns == ["customer", "name"]
    assert table.sample == [["007", name]]


def test_first_odd_character_may_come_late() -> None:
    rows = "".join(f"{i};plain\n" for i in range(20_000))

    table = opened(f"id;name\n{rows}99;Jürgen\n".encode("cp1252"))

    assert list(table.rows)[-1] == (20_002, ["99", "Jürgen"])


def test_gzipped_table_is_read_alike() -> None:
    assert list(opened(gzip.compress(b"a,b\n1,2\n", mtime=0)).rows) == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "has_header"),
    [
        (b"customer,date\na,b\n", True),
        (b"anna,2024-01-01,5\nbert,2024-01-02,6\n", False),
        (b"00004 19970101 29.33\n00004 19970118 29.73\n", False),
    ],
)
def test_header_is_a_line_without_numbers_and_dates(content: bytes, has_header: bool) -> None:
    table = opened(content)

    assert table.has_header is has_header
    assert any(table.columns) is has_header
    assert len(list(table.rows)) == content.count(b"\n") - has_header


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty file"),
        (b"\n \n", "empty file"),
        (b"PK\x03\x04rest", "workbook"),
        (b"a,b\n\x00\x01", "binary data"),
        (b"word\nword\n", "single column"),
        (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-20], "till.csv: expected a whole gzip file"),
    ],
)
def test_what_is_no_table_is_said(content: bytes, found: str) -> None:
    with pytest.raises(TableError, match=found):
        opened(content)


def test_ragged_rows_are_handed_on() -> None:
    assert list(opened(b"a,b\n1,2\n3\n").rows) == [(2, ["1", "2"]), (3, ["3"])]


def test_endless_cell_names_the_line_where_it_begins() -> None:
    with pytest.raises(TableError) as caught:
        opened(b'a,b\n1,2\n3,"' + b"x" * 200_000)

    assert caught.value.line == 3
