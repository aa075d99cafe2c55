"""What formulas read: one user's months side by side, cut off at the month being computed."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from transforms.features.windows import edge_at
from transforms.months import last_day
from transforms.standing import standing
from transforms.tables.facts import PURCHASE_BINS, PURCHASE_EDGES_CENTS
from transforms.tables.logs import DIMENSIONS

MONTHS_READ = 13
NORM_MONTHS = 12
NORM_PERCENT = 95
NORM_AT_LEAST_PURCHASES = 200
_CELL = ("segment", "region", "industry")


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


def activity_rows(activity: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return the months of `activity` that formulas read, with the inflow of each.

    Returns:
        One row per user and month: the columns of `activity` except its devices, `months_ago`,
        and `inflow_cents`, all money that came in from outside.
    """
    return recent(activity, month, nearest=0, furthest=MONTHS_READ - 1).select(
        pl.exclude("as_of", "device_hashes", "first_event_at", "last_event_at"),
        (pl.col("transfer_in_cents") + pl.col("cash_in_cents")).alias("inflow_cents"),
    )


def credit_rows(credit_months: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return the months of `credit_months` that formulas read, reported and computed alike.

    Returns:
        One row per user and month: `months_ago`, the amounts and days past due as they are, and
        `standing_known` Boolean, something is known of whether dues were paid;
        `dues_count`, `on_time_count`, `late_count`, `unpaid_end_count`: obligations, or, where a
        source reports only a status, the month itself as one obligation;
        `owed_before_cents`, balance of the month before, null if unknown;
        `limit_known_cents`, last limit reported up to the month;
        `drawn` Boolean, money was drawn in the month; null if that cannot be known.
    """
    rows = recent(credit_months, month, nearest=0, furthest=MONTHS_READ - 1)
    reported = pl.col("credit_from") == "reported"
    late = pl.col("dpd_max_days") > 0
    status = pl.col("dpd_max_days").is_not_null()
    return rows.with_columns(
        (status | (pl.col("due_count") + pl.col("paid_late_count") > 0)).alias("standing_known"),
        pl.when(reported).then(status.cast(pl.Int32)).otherwise("due_count").alias("dues_count"),
        pl.when(reported)
        .then((~late).cast(pl.Int32))
        .otherwise("paid_on_time_count")
        .alias("on_time_count"),
        pl.when(reported)
        .then(late.cast(pl.Int32))
        .otherwise("paid_late_count")
        .alias("late_count"),
        pl.when(reported).then(0).otherwise("unpaid_count").alias("unpaid_end_count"),
        _month_before("balance_end_cents").alias("owed_before_cents"),
        pl.col("limit_in_force_cents")
        .forward_fill()
        .over("user_id", order_by="as_of")
        .alias("limit_known_cents"),
    ).select(pl.exclude("as_of", "drawdown_cents"), _drawn(reported).alias("drawn"))


def _month_before(column: str) -> pl.Expr:
    """Return a column's value one calendar month earlier; null if that month has no row."""
    adjacent = pl.col("months_ago").shift(1) == pl.col("months_ago") + 1
    return pl.when(adjacent).then(pl.col(column).shift(1)).over("user_id", order_by="as_of")


def _drawn(reported: pl.Expr) -> pl.Expr:
    """Whether money was drawn; of a reported status, whether more is owed than repayment left.

    Adding back what was repaid keeps the answer the same however much the user repays.
    """
    owed_more = (
        pl.col("balance_end_cents")
        + pl.col("repaid_cents")
        - pl.col("interest_and_fees_cents")
        - pl.col("owed_before_cents")
    )
    drawn = pl.col("drawdown_cents") > 0
    return pl.when(reported & ~drawn).then(owed_more > 0).otherwise(drawn)


def device_rows(activity: pl.LazyFrame, shared_devices: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return the devices that each user was seen with in 12 months.

    Returns:
        One row per user and device: `device_last_months_ago`, `device_first_months_ago`, and
        `device_user_count`, most users seen with it in one of the three months before `month`,
        0 if nobody else was.
    """
    shared = (
        recent(shared_devices, month, nearest=1, furthest=3)
        .group_by("device_hash")
        .agg(pl.col("user_count").max().alias("device_user_count"))
    )
    return (
        recent(activity, month, nearest=0, furthest=11)
        .select("user_id", "months_ago", pl.col("device_hashes").alias("device_hash"))
        .explode("device_hash")
        .drop_nulls("device_hash")
        .group_by("user_id", "device_hash")
        .agg(
            pl.col("months_ago").min().alias("device_last_months_ago"),
            pl.col("months_ago").max().alias("device_first_months_ago"),
        )
        .join(shared, on="device_hash", how="left")
        .select(
            pl.exclude("device_hash", "device_user_count"), pl.col("device_user_count").fill_null(0)
        )
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
        One row per user: `source_limit_cents`, `high_value_above_cents`, `social_consent` true or
        null, `months_known` of the lake.
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
