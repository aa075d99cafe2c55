"""Rows of Parquet written out as the texts that a mapping reads, so that one set of checks holds.

A number is written in plain digits, a float as the shortest text that gives it back, a day as
`2026-10-05`, a time as `2026-10-05T08:31:07`, with a `Z` if the file says that it is in UTC.
"""

import polars as pl

from transforms.mapping.json_lines import refused_frame

_DAYS = (-719_162, 2_932_896)  # of the years 1 to 9999, from 1970-01-01: what ISO 8601 can write
_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_WRITTEN_AS_IS = (pl.String, pl.Categorical, pl.Enum, pl.Decimal)


def parquet_texts(
    rows: pl.DataFrame, first: int, fields: tuple[str, ...], flags: frozenset[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write rows out as texts.

    Args:
        rows: Columns `fields`; a text may be Binary.
        first: Number of the first row, counted from 1.
        fields: Names of the fields to keep.
        flags: Those of `fields` that may be true or false.

    Returns:
        `source_line` and `text:<field>` for each field; refused rows with `source_line`,
        `column`, `reason`, `found`.
    """
    number = pl.Series("source_line", range(first, first + rows.height), dtype=pl.Int64())
    texts = row_texts(rows, fields, flags).rename({f: f"text:{f}" for f in fields})
    texts = texts.select(number, pl.all())
    reasons = {f: "not_utf8" if rows[f].dtype == pl.Binary else "wrong_type" for f in fields}
    first_wrong = pl.coalesce(
        pl.lit(None, pl.String()),
        *(
            pl.when(pl.col(f"text:{f}").is_null() & rows[f].is_not_null()).then(pl.lit(f))
            for f in fields
        ),
    )
    marked = texts.with_columns(first_wrong.alias("column"))
    wrong = marked.filter(pl.col("column").is_not_null())
    refused = wrong.select(
        "source_line",
        "column",
        pl.col("column").replace_strict(reasons, return_dtype=pl.String()).alias("reason"),
        pl.col("column")
        .replace_strict({f: str(rows[f].dtype)[:100] for f in fields}, return_dtype=pl.String())
        .alias("found"),
    )
    kept = marked.filter(pl.col("column").is_null()).drop("column")
    return kept, pl.concat([refused_frame([]), refused])


def row_texts(rows: pl.DataFrame, fields: tuple[str, ...], flags: frozenset[str]) -> pl.DataFrame:
    """Return `fields` of rows as texts, null where a value cannot be written as one."""
    return pl.DataFrame([_text(rows[field], field in flags).alias(field) for field in fields])


def _text(values: pl.Series, is_flag: bool) -> pl.Series:
    """Return the values as text, null where one has none that a mapping can read."""
    dtype = values.dtype
    if dtype == pl.Binary:
        return _decoded(values)
    if dtype.is_float():
        return _float_text(values)
    if dtype.is_integer() or isinstance(dtype, _WRITTEN_AS_IS):
        return values.cast(pl.String())
    if dtype == pl.Date:
        return _iso(values, values.to_physical().cast(pl.Int64()), 1, "%Y-%m-%d")
    if isinstance(dtype, pl.Datetime):
        zone = "" if dtype.time_zone is None else "Z"
        wall = values if dtype.time_zone is None else values.dt.convert_time_zone("UTC")
        form = f"%Y-%m-%dT%H:%M:%S%.f{zone}"
        return _iso(wall, values.to_physical(), _PER_DAY[dtype.time_unit], form)
    if dtype == pl.Time:
        return values.dt.to_string("%H:%M:%S%.f")
    if dtype == pl.Boolean and is_flag:
        return values.cast(pl.String())
    return pl.Series(values.name, [None] * len(values), dtype=pl.String())


def _decoded(values: pl.Series) -> pl.Series:
    try:
        return values.cast(pl.String())
    except pl.exceptions.ComputeError:  # somewhere in the column
        return pl.Series([_decoded_or_none(value) for value in values], dtype=pl.String())


def _decoded_or_none(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _float_text(values: pl.Series) -> pl.Series:
    """Write `12.5` as such and `12.0` as `12`, so that an identity stored as a float is one."""
    text = values.cast(pl.String()).str.replace(r"\.0$", "")
    return text.set(~values.is_finite(), None)


def _iso(values: pl.Series, counts: pl.Series, per_day: int, form: str) -> pl.Series:
    """Write days or times; one that no calendar has stays the number that it is."""
    days = counts // per_day
    on_calendar = days.is_between(*_DAYS)
    return (
        pl.DataFrame({"value": values, "count": counts, "on": on_calendar})
        .select(
            pl.when("on")
            .then(pl.when("on").then("value").dt.to_string(form))
            .otherwise(pl.col("count").cast(pl.String()))
        )
        .to_series()
    )
