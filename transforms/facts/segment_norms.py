"""Segment norms: how large purchases usually are among users of one kind."""

from datetime import date

import polars as pl

from transforms.months import last_day
from transforms.tables.facts import PURCHASE_BINS, SEGMENT_NORMS

UNKNOWN = ""


def segment_norms(activity: pl.LazyFrame, accounts: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Add up purchase histograms by segment, region and industry.

    Args:
        activity: The month's ACTIVITY of all users.
        accounts: The month's ACCOUNTS of all users.
        month: First day of the month.

    Returns:
        Columns of SEGMENT_NORMS, sorted by its key. What is unknown of a user, or all of it for a
        user without an account, is an empty text, so that every user is counted once.
    """
    key = SEGMENT_NORMS.key
    return (
        activity.select("user_id", *PURCHASE_BINS)
        .join(accounts.select("user_id", *key), on="user_id", how="left")
        .with_columns(pl.col(key).fill_null(UNKNOWN))
        .group_by(key)
        .agg(pl.len().alias("user_count"), pl.col(PURCHASE_BINS).sum())
        .with_columns(pl.lit(last_day(month)).alias("as_of"))
        .select(pl.col(name).cast(dtype) for name, dtype in SEGMENT_NORMS.schema.items())
        .sort(SEGMENT_NORMS.sorted_by)
    )
