"""The Parquet file of a table and month: one set of bytes for one set of rows."""

from datetime import date
from pathlib import Path

import polars as pl

from transforms.errors import RefusedError
from transforms.months import last_day, month_text
from transforms.tables.table import Table
from warehouse.store.lake import bucket_of

ROWS_PER_GROUP = 16_384  # a look-up of one user reads one small group
_COMPRESSION_LEVEL = 3


def in_order(table: Table, month: date, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as stored: sorted, ties broken by the key, in one chunk.

    Raises:
        RefusedError: Rows share their key: they could be stored in either order, and the bytes
            would not be one set any more.
    """
    first, *others = _order(table)
    if not (rows[first].is_sorted() and _are_in_order(rows, [first, *others])):
        rows = _sorted(rows, first, others)
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift()) for c in (first, *others))
    same &= pl.int_range(pl.len()) > 0
    ties = rows.select((same | same.shift(-1, fill_value=False)).sum()).item()
    where = f"Table {table.name} {month_text(month)}"
    _require_none(ties, f"{where}: {ties} rows share their {', '.join(table.key)} with another")
    return rows


def write_rows(rows: pl.DataFrame, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write rows with the lake's one row-group size, compression and level."""
    rows.write_parquet(
        path,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        row_group_size=ROWS_PER_GROUP,
        statistics=True,
        metadata=metadata,
    )


def require_shape(
    table: Table, month: date, rows: pl.DataFrame, bucket: int | None, buckets: int
) -> None:
    """Check that rows are of the declared columns and of their month and bucket.

    Raises:
        RefusedError: They are not; names every column at fault, or how many rows.
    """
    where = f"Table {table.name} {month_text(month)}"
    if rows.schema != table.schema:
        raise RefusedError(f"{where}: {_difference(table, rows)}. Nothing was written; report it.")
    if table.bucketed != (bucket is not None) or not 0 <= (bucket or 0) < buckets:
        raise ValueError(f"{where}: bucket {bucket} does not fit; the lake has {buckets}.")
    if "as_of" in rows.columns:
        strays = rows.filter(pl.col("as_of").ne_missing(last_day(month))).height
        _require_none(strays, f"{where}: {strays} rows are of another month")
    if bucket is not None:
        strays = rows.select(bucket_of(buckets).ne_missing(bucket).sum()).item()
        _require_none(strays, f"{where}: {strays} rows are not of bucket {bucket:02d}")


def _sorted(rows: pl.DataFrame, first: str, others: list[str]) -> pl.DataFrame:
    key = pl.col(first)
    if rows.schema[first] == pl.String:  # a user has many rows: ranks are compared sooner
        ranks = pl.Enum(rows[first].drop_nulls().unique().sort())
        key = key.cast(ranks).to_physical()
    # Logs come in the order of time: then rows of a user are in order, and only users are sorted.
    by = (key,) if _are_in_order(rows, others) else (key, *others)
    return rows[rows.select(pl.arg_sort_by(*by, maintain_order=True)).to_series()]


def _are_in_order(rows: pl.DataFrame, names: list[str]) -> bool:
    """Tell whether rows are sorted by columns, none of which is null anywhere."""
    if any(rows[name].null_count() for name in names):
        return False
    in_order = pl.lit(True)
    for name in reversed(names):
        before = pl.col(name).shift()
        in_order = (before < pl.col(name)) | ((before == pl.col(name)) & in_order)
    return rows.select(in_order.fill_null(True).all()).item()  # before the first there is none


def _order(table: Table) -> list[str]:
    return [*table.sorted_by, *(name for name in table.key if name not in table.sorted_by)]


def _require_none(strays: int, message: str) -> None:
    if strays:
        raise RefusedError(f"{message}. Nothing was written; report it.")


def _difference(table: Table, rows: pl.DataFrame) -> str:
    declared, found = dict(table.schema), dict(rows.schema)
    wrong = [f"column {name} is missing" for name in declared if name not in found]
    wrong += [f"column {name} is not declared" for name in found if name not in declared]
    wrong += [
        f"column {name} is {found[name]}, declared is {dtype}"
        for name, dtype in declared.items()
        if name in found and found[name] != dtype
    ]
    return "; ".join(wrong) or f"columns stand in the order {', '.join(found)}"
