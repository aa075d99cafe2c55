"""What every engine reads, and whether they gave the same: a time says nothing about another
result."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchmarks.measure import OURS


def require_same(step: str, found: Mapping[str, list[dict]], part: str = "whole") -> None:
    """Check that all engines gave the same values, column by column, in every turn.

    Args:
        step: What was done.
        found: What each engine gave: digests of columns, of the whole and of a sample.
        part: Which of the two.

    Raises:
        SystemExit: Two differ; names the columns.
    """
    expected = found[OURS][0]["given"][part]
    for engine, measured in found.items():
        for one in measured:
            given = one.get("given", {}).get(part) or {}
            wrong = [name for name in given if given[name] != expected.get(name)]
            if wrong:
                raise SystemExit(f"{step}: {engine} and {OURS} differ in {', '.join(wrong)}.")


def digests(rows: pl.DataFrame) -> dict[str, str]:
    """Return a digest of each column of rows with a `user_id`, whatever their order."""
    key = rows["user_id"].hash(seed=1).to_numpy() | np.uint64(1)
    found = {"rows": str(rows.height)}
    for column in rows.iter_columns():
        if column.dtype == pl.List:
            column = column.list.eval(pl.element().cast(pl.String)).list.join(",")
        mixed = column.hash(seed=2).to_numpy() * key
        found[column.name] = f"{int(mixed.sum(dtype=np.uint64)):016x}"
    return found


def sum_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a sum that cannot be had without reading every value of a column."""
    column = pl.col(name)
    if dtype == pl.String:
        return column.str.len_bytes().sum()
    if dtype.base_type() == pl.List:
        return (column.list.sum() if dtype.inner.is_numeric() else column.list.len()).sum()
    if dtype.is_temporal():
        return column.to_physical().sum()
    return column.sum() if dtype.is_float() else column.cast(pl.Int64).sum()
