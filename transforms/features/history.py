"""What formulas read: one row per user, with the user's months side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

import numpy as np
import polars as pl

from transforms.facts.standing import standing
from transforms.features.windows import MONTHS_READ, edge_at, name_at, names_at
from transforms.months import last_day, months_after
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, PURCHASE_BINS, PURCHASE_EDGES_CENTS
from transforms.tables.logs import DIMENSIONS
from transforms.tables.table import Table

NORM_MONTHS = 12
NORM_PERCENT = 95
NORM_AT_LEAST_PURCHASES = 200
DEVICE_MONTHS = 12
_CELL = ("segment", "region", "industry")
# What `with_devices` adds.
_OF_DEVICES = {"device_count_3m", "device_first_count", "device_known", "device_user_count"}
# Both tables have drawdown_cents: formulas read that of the credit.
_TABLE = {name: table for table in (ACTIVITY, CREDIT_MONTHS) for name in table.schema}
Months = Mapping[date, pl.LazyFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the lake can know at all, so that "nothing happened" and "never told" differ.

    Attributes:
        first_month: First day of the first month with facts.
        families: Dimensions of which the lake has ever seen an event; see `families_of`.
        time_zone: The lender's time zone, in which the decision date begins.
    """

    first_month: date
    families: frozenset[str] = field(default=frozenset(DIMENSIONS))
    time_zone: str = "Asia/Shanghai"

    def months_known(self, month: date) -> int:
        """Return how many of the 13 months that end with `month` have facts."""
        span = (month.year - self.first_month.year) * 12 + month.month - self.first_month.month
        return max(0, min(MONTHS_READ, span + 1))


def months_back(month: date) -> pl.Expr:
    """Return how many calendar months a row's `as_of` lies before `month`; negative is later."""
    year, number = pl.col("as_of").dt.year(), pl.col("as_of").dt.month().cast(pl.Int32)
    return (month.year * 12 + month.month - year * 12 - number).cast(pl.Int32)


def recent(rows: pl.LazyFrame, month: date, *, nearest: int, furthest: int) -> pl.LazyFrame:
    """Keep rows from `furthest` to `nearest` months before `month`, with `months_ago`."""
    return rows.with_columns(months_back(month).alias("months_ago")).filter(
        pl.col("months_ago").is_between(nearest, furthest)
    )


def side_by_side(
    users: pl.DataFrame, months: Mapping[str, Months], month: date, formulas: Iterable[pl.Expr]
) -> pl.DataFrame:
    """Put what formulas read of a user's months beside what is known of the user.

    Args:
        users: One row per user.
        months: By name of the table its rows by month, at most one per user and month.
        month: First day of the month observed.
        formulas: What is going to be evaluated.

    Returns:
        `users`, and each column that a formula reads under `name_at`, null where the user has no
        row in that month.
    """
    formulas = list(formulas)
    read = set(names_at(formulas))
    if not _OF_DEVICES.isdisjoint(name for f in formulas for name in f.meta.root_names()):
        read |= {("device_hashes", ago) for ago in range(DEVICE_MONTHS)}
    wanted = {}
    for name, ago in sorted(read):
        wanted.setdefault((_TABLE[name], ago), []).append(name)
    rows = pl.collect_all(
        _of_month(months[table.name], months_after(month, -ago), table).select(
            "user_id", pl.col(names).name.suffix(f"@{ago}")
        )
        for (table, ago), names in wanted.items()
    )
    of_all = pl.concat([one["user_id"] for one in rows])
    place = of_all.cast(pl.Enum(users["user_id"]), strict=False).to_physical().fill_null(len(users))
    begins = accumulate((one.height for one in rows), initial=0)
    aligned = (
        _aligned(one.drop("user_id"), place[begin : begin + one.height], users.height)
        for begin, one in zip(begins, rows, strict=False)
    )
    return pl.concat([users, *aligned], how="horizontal")


def _of_month(months: Months, month: date, table: Table) -> pl.LazyFrame:
    known = months.get(month)
    return table.empty() if known is None else known


def _aligned(rows: pl.DataFrame, place: pl.Series, height: int) -> pl.DataFrame:
    """Move each row to its place; a place without a row gets nulls, rows of no place are lost."""
    row = np.full(height + 1, rows.height)
    row[place] = np.arange(rows.height)
    nothing = pl.DataFrame({name: [None] for name in rows.columns}, schema=rows.schema)
    return pl.concat([rows, nothing], rechunk=True)[row[:height]]


def with_devices(history: pl.DataFrame, shared_devices: pl.LazyFrame, month: date) -> pl.DataFrame:
    """Add what the devices that each user was seen with in 12 months tell.

    Returns:
        `history` with `device_count_3m`, those of the last 3 months; `device_first_count`, those
        first seen this month; `device_known` Boolean, one was seen in an earlier month; and
        `device_user_count`, most users seen with one of the last 3 months' devices in one of the
        three months before `month`, 0 if nobody else was, null without such a device. `history`
        as it is where no formula reads any of it.
    """
    if name_at("device_hashes", 0) not in history.columns:
        return history
    shared = (
        recent(shared_devices, month, nearest=1, furthest=3)
        .group_by("device_hash")
        .agg(pl.col("user_count").max())
    )
    user = pl.int_range(history.height, dtype=pl.UInt32, eager=True).alias("user")
    seen = pl.concat(
        pl.LazyFrame([user, history[name_at("device_hashes", ago)].alias("device_hash")])
        .explode("device_hash")
        .drop_nulls()
        .with_columns(pl.lit(ago, pl.Int8).alias("ago"))
        for ago in range(DEVICE_MONTHS)
    )
    is_recent, is_new = pl.col("last") < 3, pl.col("first") == 0
    figures = (
        seen.group_by("user", "device_hash")
        .agg(pl.col("ago").max().alias("first"), pl.col("ago").min().alias("last"))
        .join(shared, on="device_hash", how="left")
        .group_by("user")
        .agg(
            is_recent.sum().alias("device_count_3m"),
            is_new.sum().alias("device_first_count"),
            (~is_new).any().alias("device_known"),
            pl.col("user_count").fill_null(0).filter(is_recent).max().alias("device_user_count"),
        )
    )
    return (
        history.lazy()
        .with_columns(user)
        .join(figures, on="user", how="left", maintain_order="left")
        .with_columns(
            pl.col("device_count_3m", "device_first_count").fill_null(0),
            pl.col("device_known").fill_null(False),
        )
        .collect()
    )


def user_rows(
    accounts: pl.LazyFrame,
    segment_norms: pl.LazyFrame,
    instructions: pl.LazyFrame,
    month: date,
    coverage: Coverage,
) -> pl.LazyFrame:
    """Return what is known of each account of the month apart from its own months.

    Returns:
        One row per user, sorted by `user_id`: `source_limit_cents`, `high_value_above_cents`,
        `social_consent` true or null, `months_known` of the lake.
    """
    of_the_month = accounts.filter(pl.col("as_of") == last_day(month))
    return (
        high_value_edges(of_the_month, segment_norms, month)
        .join(social_consents(instructions, month, coverage.time_zone), on="user_id", how="left")
        .select(
            "user_id",
            "source_limit_cents",
            "high_value_above_cents",
            "social_consent",
            pl.lit(coverage.months_known(month), pl.Int32).alias("months_known"),
        )
        .sort("user_id")
    )


def high_value_edges(
    accounts: pl.LazyFrame, segment_norms: pl.LazyFrame, month: date
) -> pl.LazyFrame:
    """Return above which amount a purchase is a large one among each user's peers.

    Returns:
        `accounts` with `high_value_above_cents`: the edge that 95 % of the purchases of the
        user's segment, region and industry were at most in the 12 months before `month`; of the
        whole segment where the cell has fewer than 200; null without any. Never above the
        largest edge.
    """
    norms = recent(segment_norms, month, nearest=1, furthest=NORM_MONTHS)
    cells = _edges(norms, _CELL).rename({"edge_cents": "cell_edge_cents"})
    peers = pl.when(pl.col("purchases") >= NORM_AT_LEAST_PURCHASES).then("cell_edge_cents")
    return (
        accounts.with_columns(pl.col("region", "industry").fill_null(""))
        .join(cells, on=_CELL, how="left")
        .join(_edges(norms, ("segment",)).drop("purchases"), on="segment", how="left")
        .with_columns(pl.coalesce(peers, "edge_cents").alias("high_value_above_cents"))
    )


def _edges(norms: pl.LazyFrame, by: tuple[str, ...]) -> pl.LazyFrame:
    counts = [pl.col(name) for name in PURCHASE_BINS]
    largest = pl.lit(PURCHASE_EDGES_CENTS[-1], pl.Int64)
    return (
        norms.group_by(by)
        .agg(pl.col(PURCHASE_BINS).cast(pl.Int64).sum())
        .select(
            *by,
            pl.sum_horizontal(counts).alias("purchases"),
            edge_at(NORM_PERCENT, counts, largest).alias("edge_cents"),
        )
    )


def social_consents(instructions: pl.LazyFrame, month: date, time_zone: str) -> pl.LazyFrame:
    """Return the users whose consent to social data is in force at the end of `month`.

    Returns:
        One row per such user: `user_id`, `social_consent` true.
    """
    consented = pl.col("consent_social")
    return (
        standing(instructions, month, time_zone)
        .filter(consented)
        .select("user_id", consented.alias("social_consent"))
    )
