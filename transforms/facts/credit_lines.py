"""Credit lines: a month's credit events in the order in which they apply."""

from datetime import date

import polars as pl

from transforms.months import last_day
from transforms.tables.logs import CREDIT_TYPES

# Events that move money between lender and user: only a positive amount moves anything.
FLOWS = ("drawdown", "instalment_due", "repayment", "reversal", "fee", "interest")


def credit_lines(
    events: pl.LazyFrame, ledger_before: pl.LazyFrame, month: date, time_zone: str
) -> pl.DataFrame:
    """Put a month's credit events in order, each with its identity, day and amount.

    Args:
        events: One row per event filed under the month; columns of EVENTS.
        ledger_before: LEDGER of the month before: what earlier payments paid.
        month: First day of the month.
        time_zone: The lender's zone.

    Returns:
        One row per credit event, by user, time and event id, with `position` counting them:
        `line_id` (`source/event_id`: two sources may use the same ids), `reverses_id` alike, `day`
        in the lender's zone, `in_month` (false for a line filed late), and `amount_cents`: null if
        it moves no money; of a reversal that states none, what the payment had paid.
    """
    moves = ~pl.col("event_type").is_in(FLOWS) | (pl.col("amount_cents") > 0)
    lines = (
        events.filter(pl.col("event_type").is_in(CREDIT_TYPES))
        .select(
            *("user_id", "occurred_at", "event_id", "source", "value", "value_high"),
            *("due_on", "reference_id"),
            pl.col("event_type").cast(pl.String),
            pl.when(moves).then(pl.col("amount_cents")).alias("amount_cents"),
            _identity("event_id").alias("line_id"),
            _identity("reverses_event_id").alias("reverses_id"),
            pl.col("occurred_at").dt.convert_time_zone(time_zone).dt.date().alias("day"),
        )
        .with_columns(pl.col("day").is_between(month, last_day(month)).alias("in_month"))
        .sort("user_id", "occurred_at", "event_id", "source")
        .collect()
    )
    paid = _paid(lines, ledger_before.collect())
    return (
        lines.join(paid, on="reverses_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce("amount_cents", "paid_cents").alias("amount_cents"))
        .drop("event_id", "source", "paid_cents")
        .with_row_index("position")
        .with_columns(pl.col("position").cast(pl.Int64))
    )


def is_any(*kinds: str) -> pl.Expr:
    """Select lines of these event types."""
    return pl.col("event_type").is_in(kinds)


def last(column: str, which: pl.Expr) -> pl.Expr:
    """Return a column of the group's last line among those selected; null if none is."""
    return pl.col(column).filter(which).max_by(pl.col("position").filter(which))


def _identity(column: str) -> pl.Expr:
    return pl.concat_str("source", column, separator="/")


def _paid(lines: pl.DataFrame, ledger_before: pl.DataFrame) -> pl.DataFrame:
    """Return what each payment paid that a reversal without an amount takes back."""
    asked = lines.filter(pl.col("amount_cents").is_null(), event_type="reversal")
    payments = pl.concat(
        [
            lines.filter(event_type="repayment").select("line_id", "amount_cents"),
            ledger_before.filter(row_kind="allocation").select(
                pl.col("payment_event_id").alias("line_id"), "amount_cents"
            ),
        ]
    )
    return (
        payments.rename({"line_id": "reverses_id", "amount_cents": "paid_cents"})
        .join(asked.select("reverses_id").unique(), on="reverses_id", how="semi")
        .group_by("reverses_id")
        .agg(pl.col("paid_cents").sum())
    )
