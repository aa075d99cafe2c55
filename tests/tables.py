"""Write a small frame as a table, so that a test reads like the example in a specification."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from transforms.tables.table import Column, Table


def table(text: str, **types: pl.DataType) -> pl.LazyFrame:
    """Parse a `|`-separated table; `-` is null; columns not in `types` are String.

    Moments without a zone are UTC; a date may be written as its month; a Boolean is `yes` or `no`;
    a list is written `a, b`, or `[]`.
    """
    header, *lines = [
        [cell.strip() for cell in line.split("|")]
        for line in text.strip().splitlines()
        if set(line.strip()) - set("-+ ")
    ]
    schema = {name: types.get(name, pl.String()) for name in header}
    readers = [_reader(dtype) for dtype in schema.values()]
    rows = [
        [None if cell == "-" else read(cell) for read, cell in zip(readers, line, strict=True)]
        for line in lines
    ]
    return pl.LazyFrame(rows, schema=schema, orient="row")


def filled(declared: Table, text: str) -> pl.LazyFrame:
    """Parse `text` as rows of the table `declared`; columns not written get a neutral value.

    A neutral value is null; where the column is required it is the first of the allowed values, or
    0, no, an empty text or list, or the last day of September 2026.
    """
    written = table(text, **declared.schema)
    names = written.collect_schema().names()
    absent = [column for column in declared.columns if column.name not in names]
    return written.with_columns(map(_neutral, absent)).select(declared.schema.names())


def _reader(dtype: pl.DataType) -> Callable[[str], Any]:
    if isinstance(dtype, pl.List):
        read = _reader(dtype.inner)
        return lambda text: [read(part.strip()) for part in text.strip("[]").split(",") if part]
    if dtype.is_integer():
        return lambda text: int(text.replace("_", ""))
    return _READERS[dtype.base_type()]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_READERS = {
    pl.Float64: float,
    pl.String: str,
    pl.Enum: str,
    pl.Boolean: {"yes": True, "no": False}.__getitem__,
    pl.Date: lambda text: date.fromisoformat(f"{text}-01" if len(text) == 7 else text),
    pl.Datetime: _moment,
}


def _neutral(column: Column) -> pl.Expr:
    value = None
    if column.required:
        value = column.values[0] if column.values else _NEUTRAL.get(column.dtype.base_type(), 0)
    return pl.lit(value, dtype=column.dtype).alias(column.name)


_NEUTRAL = {
    pl.String: "",
    pl.Boolean: False,
    pl.List: [],
    pl.Date: date(2026, 9, 30),
    pl.Datetime: datetime(2026, 9, 1, tzinfo=UTC),
}


def by_month(rows: pl.LazyFrame) -> dict[date, pl.LazyFrame]:
    """Return the rows of a table by the month that they are of."""
    days = rows.select("as_of").unique().collect().to_series()
    return {day.replace(day=1): rows.filter(pl.col("as_of") == day) for day in days}
