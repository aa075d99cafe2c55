"""Limits: what the world reads of a month's decisions."""

import polars as pl

from transforms.tables.decided import LIMITS

_AMOUNTS = ("limit_in_force_cents", "limit_before_cents", "limit_cents")


def limits(decisions: pl.LazyFrame, inputs_id: str, mode: str) -> pl.LazyFrame:
    """Return what is published of `decisions`.

    Args:
        decisions: Rows of DECISIONS, all of the month.
        inputs_id: Identity of everything that the month was computed from.
        mode: `live`, `shadow` or `indicative`.

    Returns:
        Rows of LIMITS, one per decision, sorted by `user_id`. No row at all where nobody's limit
        is known: a source without amounts has scores and warnings, and no limits.
    """
    known = pl.any_horizontal(pl.col(*_AMOUNTS).is_not_null()).any()
    return (
        decisions.filter(known)
        .with_columns(pl.lit(inputs_id).alias("inputs_id"), pl.lit(mode).alias("mode"))
        .select(pl.col(column.name).cast(column.dtype) for column in LIMITS.columns)
        .sort("user_id")
    )


def not_in_force(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Return decisions of a lender without lines: whatever is granted, nothing is opened by it."""
    return decisions.with_columns(
        pl.lit("applied").alias("line_status"),
        pl.when(pl.col("decidable")).then(pl.lit(0, pl.Int64)).alias("available_cents"),
    )
