"""Uploads before anybody reads them: a workbook becomes CSV, too much to unpack is refused."""

import csv
import datetime as dt
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cloud.app.domain.errors import Invalid

ZIP_MAGIC = b"PK\x03\x04"
GZIP_MAGIC = b"\x1f\x8b"
UNPACKED_MAX_BYTES = 512 * 1024 * 1024
LINE_MAX_BYTES = 1024 * 1024
COLUMNS_MAX = 200
ROWS_MAX = 1_048_576  # of a sheet
_CHUNK_BYTES = 1 << 20


def as_text(content: bytes, filename: str) -> bytes:
    """Return delimited text as it came, and the first sheet of a workbook as CSV.

    Raises Invalid when it is no workbook, or unpacks to more than we are ready to read.
    """
    if content.startswith(ZIP_MAGIC):
        return _sheet_as_csv(content, filename)
    if content.startswith(GZIP_MAGIC):
        _check_unpacked(content, filename)
    return content


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
                    most = UNPACKED_MAX_BYTES // 1024 // 1024
                    raise Invalid(filename, f"at most {most} MB when unpacked", "more")
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
        writer.writerows(_even(_filled(row) for row in rows))
        workbook.close()
    except (InvalidFileException, KeyError, IndexError, ValueError, OSError, SyntaxError):
        # SyntaxError: what ElementTree calls a damaged document
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None
    return text.getvalue().encode()


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
            size = sum(_unpacked_sizes(archive))
            is_workbook = "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        raise Invalid(filename, "an XLSX workbook or delimited text", "a damaged one") from None
    if not is_workbook:
        raise Invalid(filename, "an XLSX workbook or delimited text", "another archive")
    if size > UNPACKED_MAX_BYTES:
        most = UNPACKED_MAX_BYTES // 1024 // 1024
        raise Invalid(filename, f"at most {most} MB when unpacked", "more")


def _unpacked_sizes(archive: zipfile.ZipFile) -> Iterator[int]:
    # zipfile gives no more than what the entry says of itself
    for entry in archive.infolist():
        yield entry.file_size


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
