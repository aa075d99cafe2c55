"""Lists of names from columns that say yes or no."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa


def names_where(rows: pl.DataFrame, flags: Sequence[pl.Expr], names: Sequence[str]) -> pl.Series:
    """List for each row the names whose flag is true, in their order.

    One pass over a matrix, as `concat_list` is slow on many columns.

    Args:
        rows: Any frame.
        flags: One Boolean of a row per name; null is false.
        names: As many as flags.

    Returns:
        List of strings, one per row, empty where nothing is true.
    """
    told = rows.select(flag.fill_null(False).alias(str(n)) for n, flag in enumerate(flags))
    matrix = told.to_numpy() if flags else np.zeros((rows.height, 0), bool)
    ends = np.cumsum(matrix.sum(axis=1, dtype=np.int64))
    named = pl.Series(names, dtype=pl.String).gather(np.nonzero(matrix)[1])
    lists = pa.LargeListArray.from_arrays(np.concatenate([[0], ends]), named.to_arrow())
    return pl.Series(lists, dtype=pl.List(pl.String))
