"""Shared devices: hashes seen with more than one user in a month."""

from datetime import date

import polars as pl

from transforms.months import last_day
from transforms.tables.facts import SHARED_DEVICES


def shared_devices(activity: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Count the users of each device that two or more used.

    Args:
        activity: The month's ACTIVITY of all users. Of a user with more devices than are kept,
            only those kept are counted.
        month: First day of the month.

    Returns:
        Columns of SHARED_DEVICES, sorted by `device_hash`; `user_count` is 2 or more.
    """
    return (
        activity.select(pl.col("device_hashes").alias("device_hash"))
        .explode("device_hash")
        .drop_nulls()
        .group_by("device_hash")
        .agg(pl.len().alias("user_count"))
        .filter(pl.col("user_count") >= 2)
        .with_columns(pl.lit(last_day(month)).alias("as_of"))
        .select(pl.col(name).cast(dtype) for name, dtype in SHARED_DEVICES.schema.items())
        .sort(SHARED_DEVICES.sorted_by)
    )
