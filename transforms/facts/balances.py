"""Balances: what each user owes at a month's end, and on how many of its days, line by line."""

from datetime import date, timedelta

import polars as pl

from transforms.facts.credit_lines import is_any
from transforms.months import last_day

# What each event adds to the balance. An instalment falling due moves none of it.
BALANCE_SIGNS = {"drawdown": 1, "fee": 1, "interest": 1, "repayment": -1, "reversal": 1}

STATES_BALANCE = is_any("statement") & pl.col("in_month") & pl.col("amount_cents").is_not_null()
_BEGINS = STATES_BALANCE | is_any("drawdown") | (is_any("limit_in_force") & pl.col("in_month"))
_READ = ("user_id", "position", "day", "event_type", "in_month", "amount_cents")


def balances(lines: pl.LazyFrame, credit_months_before: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Carry each user's balance over one month.

    The balance starts at the month's last statement; without one, at the balance before; without
    that, at 0 with the first drawdown or reported limit. Lines after the start are added to it.

    Args:
        lines: The month's credit lines; see `transforms.facts.credit_lines`.
        credit_months_before: CREDIT_MONTHS of the month before.
        month: First day of the month.

    Returns:
        One row per user with a line or a credit month before, in no order: `user_id`;
        `balance_end_cents`, negative if overpaid, null if unknown; `owed_days`, days of the month
        at whose end something was owed, as far as the balance is known, null with it. A line
        filed late moved money before the month, so from its first day on.
    """
    rows = pl.concat([_opening(credit_months_before, month), lines.select(_READ)])
    # One pass over all users, not one window each: a user's rows lie together, and what is summed
    # up over the users before is taken off again where the user's own balance starts.
    walked = (
        rows.sort("user_id", "position")
        .with_columns(
            (pl.col("user_id") != pl.col("user_id").shift()).fill_null(True).alias("is_first"),
            _BEGINS.alias("begins"),
            _moved().alias("moved_cents"),
        )
        .with_columns(_is_known().alias("known"), _days_until_next(month).alias("days"))
        .with_columns((pl.col("moved_cents").cum_sum() + _start_cents()).alias("balance_cents"))
    )
    known = pl.col("known")
    owing = pl.col("days").filter(known & (pl.col("balance_cents") > 0)).sum()
    return walked.group_by("user_id").agg(
        pl.when(known.last()).then(pl.col("balance_cents").last()).alias("balance_end_cents"),
        pl.when(known.last()).then(owing).cast(pl.Int32).alias("owed_days"),
    )


def _opening(credit_months_before: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return the balance before as a statement ahead of the month's lines."""
    return credit_months_before.select(
        "user_id",
        pl.lit(-1, pl.Int64).alias("position"),
        pl.lit(month).alias("day"),
        pl.lit("statement").alias("event_type"),
        pl.lit(True).alias("in_month"),
        pl.col("balance_end_cents").alias("amount_cents"),
    )


def _moved() -> pl.Expr:
    sign = pl.col("event_type").replace_strict(BALANCE_SIGNS, default=0, return_dtype=pl.Int64)
    return (pl.col("amount_cents") * sign).fill_null(0)


def _is_known() -> pl.Expr:
    """Whether a line before or this one begins the user's balance."""
    begun = pl.col("begins").cum_sum()
    begun_before = pl.when("is_first").then(begun - pl.col("begins").cast(pl.UInt32))
    return begun > begun_before.forward_fill()


def _start_cents() -> pl.Expr:
    """Return what to add to the sum of all lines so far: set anew by each start of a balance."""
    moved, so_far = pl.col("moved_cents"), pl.col("moved_cents").cum_sum()
    begins = pl.col("known") & (~pl.col("known").shift(fill_value=False) | pl.col("is_first"))
    return (
        pl.when(STATES_BALANCE)
        .then(pl.col("amount_cents") - so_far)
        .when(begins)
        .then(moved - so_far)
        .forward_fill()
    )


def _days_until_next(month: date) -> pl.Expr:
    """Return at how many days' ends a line is the user's last one so far."""
    end = last_day(month)
    day = pl.col("day").clip(month, end)
    is_last = pl.col("is_first").shift(-1, fill_value=True)
    after = pl.when(is_last).then(pl.lit(end + timedelta(days=1))).otherwise(day.shift(-1))
    return (after - day).dt.total_days()
