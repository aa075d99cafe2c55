"""Monthly activity: a user's events rolled up to one row of counts, sums and histograms."""

from collections.abc import Iterable
from datetime import UTC, date

import polars as pl

from transforms.months import bounds, last_day
from transforms.tables.facts import ACTIVITY, DEVICES_KEPT, PURCHASE_BINS, PURCHASE_EDGES_CENTS
from transforms.tables.logs import ACCOUNT_TYPES, MONEY_TYPES

ESSENTIAL_CATEGORIES = ("food", "groceries", "health", "transport", "utilities")
INCOME_COUNTERPARTIES = ("customer", "employer")
# What a user does, as against what is reported about the user: only this makes a day active.
OWN_TYPES = (
    *MONEY_TYPES,
    *ACCOUNT_TYPES,
    "drawdown",
    "repayment",
    "social_interaction",
    "complaint",
    "limit_request",
)
COUNTED_TYPES = (
    *ACCOUNT_TYPES,
    *("social_interaction", "credential_leak", "complaint", "limit_request"),
)
NIGHT_ENDS_HOUR = 5


def activity(events: pl.LazyFrame, month: date, time_zone: str) -> pl.LazyFrame:
    """Count and sum each user's events of one month.

    Args:
        events: One row per event filed under the month; columns of EVENTS. An event filed late
            counts in counts and sums, but sets no day of the month.
        month: First day of the month.
        time_zone: The lender's zone, in which days and nights are told.

    Returns:
        One row per `user_id`, sorted by it; columns of ACTIVITY. Sums are cents, an amount that is
        null adds nothing. A user without events has no row.
    """
    start, end = (moment.astimezone(UTC) for moment in bounds(month, time_zone))
    local = pl.col("occurred_at").dt.convert_time_zone(time_zone)
    day = local.dt.day().cast(pl.UInt32)
    dated = _told_if_sorted(events).with_columns(
        pl.col("occurred_at").is_between(start, end, closed="left").alias("in_month"),
        local.dt.hour().alias("hour"),
        pl.lit(2, dtype=pl.UInt32).pow(day - 1).alias("day_bit"),
    )
    counted = dated.group_by("user_id").agg(
        pl.len().alias("event_count"),
        *_counts(),
        *_amounts(),
        *_last_reports(),
        *_days(),
        *_purchase_bins(),
        pl.col("occurred_at").min().alias("first_event_at"),
        pl.col("occurred_at").max().alias("last_event_at"),
    )
    return (
        counted.join(_devices(events), on="user_id", how="left", maintain_order="left")
        .with_columns(
            pl.lit(last_day(month)).alias("as_of"),
            pl.col("device_hashes").fill_null([]),
            pl.col("device_saturated").fill_null(False),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ACTIVITY.schema.items())
        .sort("user_id")
    )


def _told_if_sorted(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return the events, marked as sorted by user if they are: grouping is then much faster."""
    users = events.select("user_id").collect().to_series()
    return events.set_sorted("user_id") if users.is_sorted() else events


def _is(*kinds: str) -> pl.Expr:
    return pl.col("event_type").is_in(kinds) if len(kinds) > 1 else pl.col("event_type") == kinds[0]


def _cents(name: str, which: pl.Expr) -> pl.Expr:
    return pl.col("amount_cents").filter(which).sum().alias(name)


def _counts() -> Iterable[pl.Expr]:
    for kind in (*MONEY_TYPES, *COUNTED_TYPES, "drawdown", "repayment"):
        yield _is(kind).sum().alias(f"{kind}_count")
    category = pl.col("merchant_category")
    yield category.filter(_is("purchase")).drop_nulls().n_unique().alias("merchant_category_count")
    essential = _is("purchase") & category.is_in(ESSENTIAL_CATEGORIES)
    yield essential.sum().alias("essential_purchase_count")
    night = _is("login") & (pl.col("hour") < NIGHT_ENDS_HOUR)
    yield night.sum().alias("night_login_count")


def _amounts() -> Iterable[pl.Expr]:
    for kind in (*MONEY_TYPES, "drawdown", "repayment"):
        yield _cents(f"{kind}_cents", _is(kind))
    yield pl.col("amount_cents").filter(_is("purchase")).max().alias("purchase_max_cents")
    income = _is("transfer_in") & pl.col("counterparty_type").is_in(INCOME_COUNTERPARTIES)
    yield _cents("income_inflow_cents", income)


def _last_reports() -> Iterable[pl.Expr]:
    for name, column, kind in (
        ("external_score_points", "value", "external_score"),
        ("bureau_score_points", "value", "bureau_report"),
        ("income_evidence_cents", "amount_cents", "income_evidence"),
        ("other_obligation_cents", "amount_cents", "obligation"),
    ):
        reported = _is(kind) & pl.col(column).is_not_null()
        order = (pl.col(by).filter(reported) for by in ("occurred_at", "event_id"))
        yield pl.col(column).filter(reported).sort_by(*order).last().alias(name)


def _days() -> Iterable[pl.Expr]:
    for name, which in (
        ("active_days_mask", _is(*OWN_TYPES)),
        ("purchase_days_mask", _is("purchase")),
    ):
        bits = pl.col("day_bit").filter(which & pl.col("in_month"))
        yield bits.bitwise_or().fill_null(0).alias(name)


def _purchase_bins() -> Iterable[pl.Expr]:
    edges = (None, *PURCHASE_EDGES_CENTS, None)
    amount = pl.col("amount_cents")
    for name, above, upto in zip(PURCHASE_BINS, edges[:-1], edges[1:], strict=True):
        which = _is("purchase") & amount.is_not_null()
        which = which & (amount > above) if above is not None else which
        which = which & (amount <= upto) if upto is not None else which
        yield which.sum().alias(name)


def _devices(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return each user's smallest device hashes; from distinct pairs, which are few."""
    device = pl.col("device_hash")
    return (
        events.select("user_id", "device_hash")
        .filter(device.is_not_null())
        .unique()
        .group_by("user_id")
        .agg(
            device.sort().head(DEVICES_KEPT).alias("device_hashes"),
            (pl.len() > DEVICES_KEPT).alias("device_saturated"),
        )
    )
