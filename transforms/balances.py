"""Balances: what each user owes at a month's end, carried on line by line."""

import polars as pl

from transforms.credit_lines import is_any, last

# What each event adds to the balance. An instalment falling due moves none of it.
BALANCE_SIGNS = {"drawdown": 1, "fee": 1, "interest": 1, "repayment": -1, "reversal": 1}

STATES_BALANCE = is_any("statement") & pl.col("in_month") & pl.col("amount_cents").is_not_null()


def balances(lines: pl.LazyFrame, credit_months_before: pl.LazyFrame) -> pl.LazyFrame:
    """Carry each user's balance over one month.

    The balance starts at the month's last statement; without one, at the balance before; without
    that, at 0 with the first drawdown or reported limit. Lines after the start are added to it.

    Args:
        lines: The month's credit lines; see `transforms.credit_lines`.
        credit_months_before: CREDIT_MONTHS of the month before.

    Returns:
        `user_id`, `balance_end_cents` (negative if overpaid, null if unknown), in no order; one
        row per user with a line or a credit month before.
    """
    starts = _starts(lines, credit_months_before)
    sign = pl.col("event_type").replace_strict(BALANCE_SIGNS, default=0, return_dtype=pl.Int64)
    moved = (
        lines.join(starts, on="user_id", how="left")
        .filter(pl.col("position") > pl.col("start_position"))
        .group_by("user_id")
        .agg((pl.col("amount_cents") * sign).sum().alias("moved_cents"))
    )
    balance = pl.col("start_cents") + pl.col("moved_cents").fill_null(0)
    return starts.join(moved, on="user_id", how="left").select(
        "user_id", balance.alias("balance_end_cents")
    )


def _starts(lines: pl.LazyFrame, credit_months_before: pl.LazyFrame) -> pl.LazyFrame:
    """Return the balance each user starts from and the position of the last line it contains."""
    position = pl.col("position")
    begins = is_any("drawdown") | (is_any("limit_in_force") & pl.col("in_month"))
    marks = lines.group_by("user_id").agg(
        last("amount_cents", STATES_BALANCE).alias("stated_cents"),
        position.filter(STATES_BALANCE).max().alias("stated_position"),
        (position.filter(begins).min() - 1).alias("begun_position"),
    )
    before = credit_months_before.select(
        "user_id", pl.col("balance_end_cents").alias("before_cents")
    )
    nothing = pl.when(pl.col("begun_position").is_not_null()).then(pl.lit(0, pl.Int64))
    start_of_month = pl.when(pl.col("before_cents").is_not_null()).then(pl.lit(-1, pl.Int64))
    return before.join(marks, on="user_id", how="full", coalesce=True).select(
        "user_id",
        pl.coalesce("stated_cents", "before_cents", nothing).alias("start_cents"),
        pl.coalesce("stated_position", start_of_month, "begun_position").alias("start_position"),
    )
