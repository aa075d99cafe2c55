"""Outcomes that a person brings: a CSV of user, month and whether the user turned bad."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.months import month_of

_COLUMNS = ("user_id", "month", "bad")
_SCHEMA = {"user_id": pl.String(), "month": pl.String(), "bad": pl.Int8()}


@dataclass(frozen=True, slots=True)
class Labels:
    """Known outcomes, and what was found of the file besides.

    Attributes:
        rows: `user_id`, `month` (`YYYY-MM`), `bad` 1 or 0; one row per user and month.
        path: Of the file, as it was named.
        lines: Rows of the file, without its header.
        duplicates: That say again what one before says.
        unknown: Whose outcome is empty: not known yet, never good.
    """

    rows: pl.DataFrame
    path: str
    lines: int
    duplicates: int
    unknown: int


def read_labels(path: Path) -> Labels:
    """Read a file of labels.

    Raises:
        RefusedError: It cannot be read, a column or value is wrong, or two rows contradict each
            other; names the line and what to write.
    """
    lines = _text(path).splitlines()
    header = _fields(lines[0]) if lines else []
    places = _places(path, header)
    rows = [_row(path, number, _fields(line), places, len(header)) for number, line in _body(lines)]
    frame = pl.DataFrame(rows, schema=_SCHEMA | {"line": pl.Int64()}, orient="row")
    known = frame.drop_nulls("bad")
    _require_agreement(path, known)
    once = known.unique(["user_id", "month"], keep="first", maintain_order=True)
    if not once.height:
        raise RefusedError(f"Labels {path}: no row has an outcome. Write 1 for bad and 0 for good.")
    return Labels(
        rows=once.drop("line"),
        path=str(path),
        lines=frame.height,
        duplicates=known.height - once.height,
        unknown=frame.height - known.height,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise RefusedError(f"Labels {path}: there is no such file.") from None
    except OSError as problem:
        raise RefusedError(f"Labels {path}: cannot be read ({problem.strerror}).") from None
    except UnicodeDecodeError as problem:
        line = problem.object.count(b"\n", 0, problem.start) + 1
        raise RefusedError(
            f"Labels {path}: line {line}: is not UTF-8. Save the file as UTF-8."
        ) from None


def _body(lines: list[str]) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(lines[1:], start=2) if line.strip()]


def _places(path: Path, header: list[str]) -> Mapping[str, int]:
    for name in _COLUMNS:
        if header.count(name) > 1:
            raise RefusedError(
                f"Labels {path}: line 1: column {name!r} stands there {header.count(name)} times. "
                "Keep one."
            )
        if name not in header:
            raise RefusedError(
                f"Labels {path}: line 1: column {name!r} is missing."
                f"{nearest(name, filter(None, header))} "
                "The first line names the columns: user_id,month,bad."
            )
    return {name: header.index(name) for name in _COLUMNS}


def _fields(line: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([line], skipinitialspace=True), [])]


def _row(
    path: Path, number: int, fields: list[str], places: Mapping[str, int], columns: int
) -> tuple:
    if not max(places.values()) < len(fields) <= columns:
        raise RefusedError(
            f"Labels {path}: line {number}: has {len(fields)} fields, and line 1 names {columns}. "
            "Write all, and one that holds a comma in double quotes."
        )
    user, month, bad = (fields[places[name]] for name in _COLUMNS)
    if not user:
        raise RefusedError(f"Labels {path}: line {number}: user_id is empty.")
    if bad not in ("0", "1", ""):
        raise RefusedError(
            f"Labels {path}: line {number}: bad is {bad[:40]!r}. Write 1 for bad, 0 for good, and "
            "nothing while it is not known."
        )
    try:
        month_of(month)
    except (RefusedError, ValueError):
        raise RefusedError(
            f"Labels {path}: line {number}: month is {month[:40]!r}. Write it as 2005-09."
        ) from None
    return user, month, int(bad) if bad else None, number


def _require_agreement(path: Path, rows: pl.DataFrame) -> None:
    both = rows.group_by("user_id", "month").agg("line", pl.col("bad").n_unique().alias("said"))
    both = both.filter(pl.col("said") > 1).sort(pl.col("line").list.min())
    if both.height:
        first = both.row(0, named=True)
        raise RefusedError(
            f"Labels {path}: lines {', '.join(map(str, sorted(first['line'])[:4]))}: say both good "
            f"and bad of {first['user_id'][:80]!r} in {first['month']}. Keep one."
        )
