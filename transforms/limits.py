"""Limits: what the world reads of a month's decisions."""

import polars as pl

from transforms.tables.decided import LIMITS


def limits(decisions: pl.LazyFrame, inputs_id: str) -> pl.LazyFrame:
    """Return what is published of `decisions`.

    Args:
        decisions: Rows of DECISIONS.
        inputs_id: Identity of everything that the month was computed from.

    Returns:
        Rows of LIMITS, one per decision, sorted by `user_id`.
    """
    return (
        decisions.with_columns(pl.lit(inputs_id).alias("inputs_id"))
        .select(pl.col(column.name).cast(column.dtype) for column in LIMITS.columns)
        .sort("user_id")
    )
