"""Write a small frame as a table, so that a test reads like the example in a specification."""

from datetime import UTC, date, datetime

import polars as pl


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PARSERS = {
    pl.Int64: int,
    pl.Int32: int,
    pl.UInt32: int,
    pl.UInt64: int,
    pl.Float64: float,
    pl.String: str,
    pl.Enum: str,
    pl.Boolean: lambda text: text == "yes",
    pl.Date: lambda text: date.fromisoformat(f"{text}-01" if len(text) == 7 else text),
    pl.Datetime: _moment,
}


def table(text: str, **types: pl.DataType) -> pl.LazyFrame:
    """Parse a `|`-separated table; `-` is null; columns not in `types` are String.

    Moments without a zone are UTC.
    """
    header, *lines = [
        [cell.strip() for cell in line.split("|")]
        for line in text.strip().splitlines()
        if set(line.strip()) - set("-+ ")
    ]
    schema = {name: types.get(name, pl.String()) for name in header}
    parse = [PARSERS[dtype.base_type()] for dtype in schema.values()]
    rows = [
        [
            None if cell == "-" else reader(cell.replace("_", "") if reader is int else cell)
            for reader, cell in zip(parse, line, strict=True)
        ]
        for line in lines
    ]
    return pl.LazyFrame(rows, schema=schema, orient="row")


def filled(declared, text: str) -> pl.LazyFrame:
    """Parse `text` as rows of the table `declared`; columns not written get a neutral value.

    A neutral value is null, or 0, False or an empty text or list where the column is required.
    """
    neutral = {pl.String: "", pl.Boolean: False, pl.Date: date(2026, 9, 30)}
    given = table(text, **dict(declared.schema))
    names = given.collect_schema().names()
    added = [
        pl.lit(
            (neutral.get(c.dtype.base_type(), [] if c.dtype == pl.List else 0))
            if c.required
            else None,
            dtype=None if c.dtype == pl.List else None,
        ).cast(c.dtype).alias(c.name)
        if not (c.required and c.dtype.base_type() in (pl.Datetime, pl.Enum, pl.List))
        else (
            pl.lit(datetime(2026, 9, 1, tzinfo=UTC)).cast(c.dtype).alias(c.name)
            if c.dtype.base_type() == pl.Datetime
            else pl.lit(pl.Series([[]], dtype=c.dtype)).first().alias(c.name)
            if c.dtype.base_type() == pl.List
            else pl.lit(c.values[0]).cast(c.dtype).alias(c.name)
        )
        for c in declared.columns
        if c.name not in names
    ]
    return given.with_columns(added).select(list(declared.schema))
