"""Rows as a person or a program reads them: a text table, CSV, JSON or Parquet."""

import csv
import io
import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

import polars as pl

from transforms.errors import RefusedError

FORMATS = ("table", "csv", "json", "parquet")
_WIDEST_CELL = 60
_WIDE = ("W", "F")
COLON = {"en": ":", "zh": "："}  # by language


def percent_of(rate: float) -> str:
    """Return a share with one place: `23.4 %`."""
    return f"{100 * rate:.1f} %"


def percent_of_bps(bps: int, sign: str = "") -> str:
    """Return basis points to the last one: `2.56 %`.

    Args:
        bps: Basis points.
        sign: Of what is not below 0, such as `+`.
    """
    mark = "-" if bps < 0 else sign
    return f"{mark}{abs(bps) // 100}.{abs(bps) % 100:02d} %"


def print_rows(rows: pl.DataFrame, form: str, out: BinaryIO | None = None) -> None:
    """Write rows to standard output, or to another stream of bytes, in one of `FORMATS`.

    Money and counts stay the whole numbers they are. A null is `-` in a table, nothing in CSV and
    null in JSON; a date is written `2026-10-31`, a moment with its offset. In a table and in CSV a
    list of texts is written `A, B`, other lists and structs as JSON. JSON is an array of one object
    per row, a row a line, with the columns' names.

    Args:
        rows: Any columns.
        form: `table`, `csv`, `json` or `parquet`.
        out: Where to; None is standard output.

    Raises:
        RefusedError: Parquet would go to a terminal.
    """
    out = out or sys.stdout.buffer
    if form == "parquet":
        if out.isatty():
            raise RefusedError(
                "Parquet is not for a terminal. Send it to a file: `... > rows.parquet`."
            )
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="zstd")
        out.write(buffer.getbuffer())
    elif form == "json":
        _write_json(rows, out)
    elif form == "csv":
        _write_csv(rows, out)
    else:
        numbers = [name for name, dtype in rows.schema.items() if dtype.is_numeric()]
        cells = (_cells(row, "-") for row in rows.iter_rows())
        lines = text_table(rows.columns, cells, right=numbers)
        out.write(f"{lines}\n".encode())


def text_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str]) -> str:
    """Return rows of text under a header, with the columns named in `right` set to the right.

    What cannot be printed, such as a line feed in a name, is written as its escape; what is too
    long is cut.
    """
    lines = [[_shown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            _padded(cell, width, name in right)
            for cell, width, name in zip(line, widths, header, strict=True)
        ).rstrip()
        for line in lines
    )


def _write_json(rows: pl.DataFrame, out: BinaryIO) -> None:
    opening = b"[\n"
    for row in rows.iter_rows(named=True):
        out.write(opening + _json(_plain(row)).encode())
        opening = b",\n"
    out.write(b"[]\n" if rows.is_empty() else b"\n]\n")


def _write_csv(rows: pl.DataFrame, out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(_cells(row, "") for row in rows.iter_rows())
    text.detach()


def _cells(row: tuple, null: str) -> list[str]:
    return [null if value is None else _text(value) for value in map(_plain, row)]


def _text(plain: Any) -> str:
    if isinstance(plain, str):
        return plain
    if isinstance(plain, list) and all(isinstance(part, str) for part in plain):
        return ", ".join(plain)
    return _json(plain)


def _json(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, default=str)


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; a number that is none, such as NaN, is null."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _shown(text: str) -> str:
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: _WIDEST_CELL + 1])
    return shown if len(shown) <= _WIDEST_CELL else shown[: _WIDEST_CELL - 1] + "…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text)


def _padded(text: str, width: int, right: bool) -> str:
    padding = " " * (width - _width(text))
    return padding + text if right else text + padding
