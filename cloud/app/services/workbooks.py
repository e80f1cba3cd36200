"""Uploads before anybody reads them: a workbook becomes CSV, too much to unpack is refused."""

import csv
import datetime as dt
import gzip
import io
import re
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from openpyxl import load_workbook

from cloud.app.domain.errors import Invalid

ZIP_MAGIC = b"PK\x03\x04"
GZIP_MAGIC = b"\x1f\x8b"
UNPACKED_MAX_BYTES = 512 * 1024 * 1024
TEXT_MAX_BYTES = 512 * 1024 * 1024
LINE_MAX_BYTES = 1024 * 1024
# openpyxl holds the texts and formats of a workbook in memory before it reads the first row
TEXTS_MAX_BYTES = 64 * 1024 * 1024
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
PARTS_MAX = 1000
# a sheet's cell lies six deep
DEPTH_MAX = 100
# the first level packs a till's export to a fifth, five times as fast as the usual one
PACKING_LEVEL = 1
READ_WITHIN_S = 300.0
COLUMNS_MAX = 200
ROWS_MAX = 1_048_576  # of a sheet
_CHUNK_BYTES = 1 << 20
# what an archive raises that is cut, bent or encrypted
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, expat.ExpatError)
_THREE_DECIMALS = re.compile(r"-?\d{1,3}\.\d{3}")


def as_text(content: bytes, filename: str) -> bytes:
    """Return delimited text as it came, and the first sheet of a workbook as CSV.

    Raises Invalid when it is no workbook, or unpacks to more than we are ready to read.
    """
    if content.startswith(ZIP_MAGIC):
        return _sheet_as_csv(content, filename)
    if content.startswith(GZIP_MAGIC):
        _check_unpacked(content, filename)
    return content


def packed(text: bytes) -> bytes:
    """Return delimited text as it is kept: drivers hold what they send and fetch several times."""
    if text.startswith(GZIP_MAGIC):
        return text
    return gzip.compress(text, PACKING_LEVEL, mtime=0)


def _check_unpacked(content: bytes, filename: str) -> None:
    """A few kilobytes can unpack to gigabytes, or to one line that has to be held whole."""
    size = line = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                end = chunk.rfind(b"\n")
                line = line + len(chunk) if end < 0 else len(chunk) - end - 1
                if size > UNPACKED_MAX_BYTES:
                    expected = f"at most {_megabytes(UNPACKED_MAX_BYTES)} MB when unpacked"
                    raise Invalid(filename, expected, "more")
                if line > LINE_MAX_BYTES:
                    raise Invalid(filename, "lines of at most 1 MB", "a longer one")
    except (OSError, EOFError, zlib.error):
        raise Invalid(filename, "a whole gzip file", "a damaged one") from None


def _sheet_as_csv(content: bytes, filename: str) -> bytes:
    _check_archive(content, filename)
    text = io.StringIO()
    writer = csv.writer(text)
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = workbook.worksheets[0].iter_rows(max_row=ROWS_MAX, values_only=True)
        filled = (_filled(row) for row in _in_time(rows, filename))
        for row in _even(filled):
            writer.writerow(row)
            _check_length(text, filename)
        workbook.close()
    except Invalid:
        raise
    except Exception:  # whatever a damaged part leads openpyxl into
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None
    return text.getvalue().encode()


def _in_time(rows: Iterator[Sequence[object]], filename: str) -> Iterator[Sequence[object]]:
    end = time.monotonic() + READ_WITHIN_S
    for row in rows:
        if time.monotonic() > end:
            expected = f"a sheet that is read within {READ_WITHIN_S:g} s"
            raise Invalid(filename, expected, "a slower one: save it as CSV")
        yield row


def _check_length(text: io.StringIO, filename: str) -> None:
    """A long text is stored once, and a few bytes in each of a million cells name it."""
    if text.tell() > TEXT_MAX_BYTES:
        raise Invalid(filename, f"at most {_megabytes(TEXT_MAX_BYTES)} MB of cells", "more")


def _filled(row: Sequence[object]) -> list[str]:
    """A row up to its last filled cell: sheets are padded with empty ones to any width."""
    cells = [_cell(value) for value in row[: COLUMNS_MAX + 1]]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _even(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Make rows as wide as the first, whose last cells may be empty."""
    width = 0
    for cells in rows:
        width = width or len(cells)
        yield cells + [""] * (width - len(cells))


def _check_archive(content: bytes, filename: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None
    # zipfile gives no more than what an entry says of itself
    sizes = {entry.filename: entry.file_size for entry in entries}
    if "xl/workbook.xml" not in sizes:
        raise Invalid(filename, "an XLSX workbook or delimited text", "another archive")
    _check_sizes(sizes, len(entries), filename)
    _check_nesting(content, filename)
    _check_texts(content, sizes, filename)


def _check_sizes(sizes: Mapping[str, int], parts: int, filename: str) -> None:
    if parts > PARTS_MAX:
        raise Invalid(filename, f"a workbook of at most {PARTS_MAX} parts", str(parts))
    if parts > len(sizes):
        raise Invalid(filename, "a workbook of different parts", "two with one name")
    if sum(sizes.values()) > UNPACKED_MAX_BYTES:
        expected = f"at most {_megabytes(UNPACKED_MAX_BYTES)} MB when unpacked"
        raise Invalid(filename, expected, "more")


def _check_nesting(content: bytes, filename: str) -> None:
    """Look at every part before openpyxl makes trees of them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    with archive.open(name) as part:
                        _walk(part, filename)
    except _DAMAGED:
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None


def _check_texts(content: bytes, sizes: Mapping[str, int], filename: str) -> None:
    """Only sheets are streamed. What a part is says the list of types, not its name."""
    types: dict[str, set[str | None]] = defaultdict(set)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in ElementTree.fromstring(archive.read("[Content_Types].xml")):  # noqa: S314 - looked at by `_walk`
                types[entry.get("PartName", "").lstrip("/")].add(entry.get("ContentType"))
    except (KeyError, ElementTree.ParseError):
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None
    sheets = {name for name, found in types.items() if found == {SHEET_TYPE}}
    if sum(size for name, size in sizes.items() if name not in sheets) > TEXTS_MAX_BYTES:
        expected = f"at most {_megabytes(TEXTS_MAX_BYTES)} MB of texts and formats in a workbook"
        raise Invalid(filename, expected, "more: save it as CSV")


def _walk(part: IO[bytes], filename: str) -> None:
    """Let expat read a part without keeping it. Raises Invalid for entities, or deep nesting."""
    depth = 0

    def begin(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise Invalid(filename, f"elements within at most {DEPTH_MAX} others", "more")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declare(*_: object) -> None:
        raise Invalid(filename, "a workbook without entities of its own", "a DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = declare
    parser.ParseFile(part)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    # a number has no mark that could be taken for that of thousands, as 1.234 in a text can
    return f"{text}0" if isinstance(value, float) and _THREE_DECIMALS.fullmatch(text) else text


def _megabytes(size: int) -> int:
    return size // 1024 // 1024
