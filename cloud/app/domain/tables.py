"""A foreign table as rows of text with line numbers: encoding, delimiter and header found out."""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, cast

from charset_normalizer import from_bytes

from cloud.app.domain import columns as column_rules
from cloud.app.domain.errors import Invalid

Row = tuple[int, list[str]]

DELIMITERS = ("\t", ";", "|", ",")
WHITESPACE = " "
SAMPLE_ROWS = 200
# What shops' programs write when it is not UTF-8, the usual one first. Left to itself, a detector
# finds Chinese and mainframe code pages in a few German names.
LEGACY_ENCODINGS = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"]
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHUNK_BYTES = 1 << 20


class TableError(Invalid):
    """A file is no readable table; `line` says where, when it is one line's fault."""

    def __init__(self, where: str, expected: str, found: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(f"{where}, line {line}" if line else where, expected, found)


@dataclass(frozen=True)
class Table:
    """An opened table. `rows` can be read once; `sample` holds the first rows beforehand.

    Without a header, every name in `columns` is empty. Rows are given as they stand, ragged ones
    too: whoever reads them decides whether a short row is an error or a rejected row.
    """

    columns: list[str]
    rows: Iterator[Row]
    sample: list[list[str]]
    encoding: str
    delimiter: str
    has_header: bool


def open_table(source: BinaryIO | str | Path, filename: str) -> Table:
    """Open a delimited text file, gzipped or not, from a path or a seekable binary stream.

    Raises TableError when the file is empty, binary, damaged or has a single column only.
    """
    stream: BinaryIO = open(source, "rb") if isinstance(source, str | Path) else source  # noqa: SIM115 — rows are read after we return
    stream = _unzipped(stream, filename)
    encoding = _encoding(stream, filename)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    lines = _lines(text, filename)
    head = list(islice(lines, SAMPLE_ROWS + 1))
    if not any(line.strip() for line in head):
        raise TableError(filename, "a table", "an empty file")
    delimiter = _delimiter([line for line in head if line.strip()], filename)
    rows = _rows(chain(head, lines), delimiter, filename)
    return _table(rows, encoding, delimiter)


def _table(rows: Iterator[Row], encoding: str, delimiter: str) -> Table:
    first = list(islice(rows, SAMPLE_ROWS))
    has_header = _is_header(first[0][1])
    header = [name.strip() for name in first[0][1]]
    width = Counter(len(cells) for _, cells in first).most_common(1)[0][0]
    body = first[1:] if has_header else first
    return Table(
        columns=header if has_header else [""] * width,
        rows=chain(body, rows),
        sample=[cells for _, cells in body],
        encoding=encoding,
        delimiter=delimiter,
        has_header=has_header,
    )


def _unzipped(stream: BinaryIO, filename: str) -> BinaryIO:
    magic = stream.read(4)
    stream.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if magic == b"PK\x03\x04":
        raise TableError(filename, "delimited text", "a workbook or archive: save it as CSV")
    return stream


def _encoding(stream: BinaryIO, filename: str) -> str:
    """UTF-8 when the whole file is; else what its non-ASCII lines look like."""
    start = stream.read(4)
    stream.seek(0)
    for bom, name in _BOMS.items():
        if start.startswith(bom):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            if b"\0" in chunk:
                raise TableError(filename, "text", "binary data")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _legacy_encoding(stream, filename)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(filename, "a whole gzip file", str(error)) from error
    finally:
        with suppress(OSError, EOFError, zlib.error):
            stream.seek(0)
    return "utf-8"


def _legacy_encoding(stream: BinaryIO, filename: str) -> str:
    stream.seek(0)
    telling = [line for line in islice(stream, 500_000) if not line.isascii()]
    matches = from_bytes(b"".join(telling[:2000]), cp_isolation=LEGACY_ENCODINGS)
    possible = {
        encoding: (match.chaos, -match.coherence, LEGACY_ENCODINGS.index(encoding))
        for match in matches
        for encoding in match.could_be_from_charset
    }
    if not possible:
        raise TableError(filename, "text as UTF-8 or Windows-125x", "other bytes")
    return min(possible, key=lambda encoding: possible[encoding])


def _lines(text: io.TextIOWrapper, filename: str) -> Iterator[str]:
    line = 0
    try:
        for line, content in enumerate(text, start=1):  # noqa: B007 — named in the errors below
            yield content
    except UnicodeDecodeError as error:
        raise TableError(filename, f"{error.encoding} text", "other bytes", line + 1) from error
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(filename, "a whole gzip file", str(error), line + 1) from error


def _rows(lines: Iterable[str], delimiter: str, filename: str) -> Iterator[Row]:
    """Rows with the line on which each begins; empty lines are left out."""
    if delimiter == WHITESPACE:
        for number, line in enumerate(lines, start=1):
            if cells := line.split():
                yield number, cells
        return
    reader = csv.reader(lines, delimiter=delimiter)
    begins = 1
    try:
        for cells in reader:
            if any(cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise TableError(filename, "delimited cells", str(error), begins) from error


def _delimiter(lines: list[str], filename: str) -> str:
    """The delimiter that gives the most rows the same number of cells, at least two."""
    scores = {}
    for delimiter in (*DELIMITERS, WHITESPACE):
        widths: Counter[int] = Counter()
        with suppress(TableError):  # a damaged row is reported when it is read
            widths.update(len(cells) for _, cells in _rows(lines, delimiter, filename))
        width, rows = widths.most_common(1)[0]
        if width > 1:
            scores[delimiter] = (rows / widths.total(), width)
    regular = {d: s for d, s in scores.items() if d != WHITESPACE and s[0] >= 0.8}
    candidates = regular or {d: s for d, s in scores.items() if s[0] >= 0.8} or scores
    if not candidates:
        raise TableError(
            filename, "columns between commas, semicolons, tabs or spaces", "a single column"
        )
    return max(candidates, key=lambda delimiter: candidates[delimiter])


def _is_header(cells: list[str]) -> bool:
    """A header says neither numbers nor dates, unless most of its words are known names."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if sum(column_rules.normalise(cell) in column_rules.KNOWN_NAMES for cell in filled) * 2 > len(
        filled
    ):
        return True
    telling = (column_rules.looks_like_number, column_rules.looks_like_date)
    return not any(test(cell) for cell in filled for test in telling)
