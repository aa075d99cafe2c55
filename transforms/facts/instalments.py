"""Single instalments that were late: when each was due, and how many days late it was paid."""

from datetime import date

import polars as pl

from transforms.facts.ledger import REVERSIBLE_MONTHS
from transforms.facts.obligations import FORGIVEN_CENTS
from transforms.months import last_day, months_after

_KEY = ("user_id", "obligation_id")


def ledgers_of(month: date, months: int) -> list[date]:
    """Return of which months the ledger tells every payment of the `months` that end with `month`.

    A month's ledger keeps the payments of `REVERSIBLE_MONTHS` months and what they paid.
    """
    return [months_after(month, -ago) for ago in range(0, months, REVERSIBLE_MONTHS)]


def late_instalments(
    ledger: pl.LazyFrame, month: date, months: int, time_zone: str
) -> pl.LazyFrame:
    """Find the instalments that were paid late within some months, or are overdue at their end.

    Args:
        ledger: Rows of LEDGER of the months of `ledgers_of`.
        month: First day of the last month.
        months: How many months count.
        time_zone: The lender's zone, in which a payment falls on a day.

    Returns:
        `user_id`, `obligation_id`, `due_on`, `paid_on` (null if overdue), `late_days` Int32, from
        1, up to the month's end if overdue; sorted by `user_id`, `due_on`, `obligation_id`. As many
        paid in a month as its `paid_late_count`, and overdue as its `unpaid_count`.
    """
    as_of, begins = last_day(month), months_after(month, 1 - months)
    newest = (
        ledger.filter(pl.col("row_kind") == "obligation")
        .sort("as_of")
        .unique(_KEY, keep="last", maintain_order=True)
        .select(*_KEY, "due_on", "remaining_cents")
    )
    paid_on = pl.col("paid_at").dt.convert_time_zone(time_zone).dt.date()
    is_paid = pl.col("remaining_cents") <= FORGIVEN_CENTS
    days = (pl.coalesce("paid_on", pl.lit(as_of)) - pl.col("due_on")).dt.total_days()
    return (
        newest.join(_settled(ledger, newest), on=_KEY, how="left")
        .with_columns(pl.when(is_paid).then(paid_on).alias("paid_on"))
        .with_columns(days.cast(pl.Int32).alias("late_days"))
        .filter(
            pl.col("late_days") > 0,
            # What was paid from money that had come before the due was known is never late.
            ~is_paid | (pl.col("paid_on") >= begins).fill_null(False),
        )
        .select(*_KEY, "due_on", "paid_on", "late_days")
        .sort("user_id", "due_on", "obligation_id")
    )


def _settled(ledger: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """Return when each paid obligation was settled: after that payment no more than cents came."""
    cents = pl.col("amount_cents")
    later = cents.cum_sum(reverse=True).over(_KEY, order_by="changed_at") - cents
    left = pl.col("remaining_cents") + later
    return (
        ledger.filter(pl.col("row_kind") == "allocation", pl.col("payment_event_id") != "")
        .sort("as_of")
        .unique((*_KEY, "payment_event_id"), keep="last", maintain_order=True)
        .join(newest.select(*_KEY, "remaining_cents"), on=_KEY, suffix="_newest")
        .with_columns(pl.col("remaining_cents_newest").alias("remaining_cents"))
        .filter(left <= FORGIVEN_CENTS)
        .group_by(_KEY)
        .agg(pl.col("changed_at").min().alias("paid_at"))
    )
