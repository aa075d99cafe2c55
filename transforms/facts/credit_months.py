"""Credit months: how each user's credit stood over one month."""

from datetime import date

import polars as pl

from transforms.facts.balances import STATES_BALANCE, balances
from transforms.facts.credit_lines import credit_lines, is_any, last
from transforms.facts.ledger import ledger_and_dues
from transforms.months import last_day
from transforms.tables.facts import CREDIT_MONTHS, LEDGER


def credit_facts(
    events: pl.LazyFrame,
    ledger_before: pl.LazyFrame,
    credit_months_before: pl.LazyFrame,
    month: date,
    time_zone: str,
    credit_from: str,
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Apply a month's credit events to what was known the month before.

    Args:
        events: One row per event filed under the month; columns of EVENTS. A flow filed late
            moves money all the same; a limit, statement or status filed late says nothing of
            this month's end and is passed over.
        ledger_before: LEDGER of the month before. For the first month it is empty or an opening
            state, which makes its users' days past due known from the start.
        credit_months_before: CREDIT_MONTHS of the month before, likewise.
        month: First day of the month.
        time_zone: The lender's zone.
        credit_from: `ledger`: computed from obligations and payments; `reported`: taken from the
            source's statements and delinquency status, with no ledger.

    Returns:
        LEDGER and CREDIT_MONTHS after the month, each sorted by its key. A user has a row of
        CREDIT_MONTHS from the first credit event on, for ever.
    """
    ordered = credit_lines(events, ledger_before, month, time_zone)
    lines = ordered.lazy()
    if credit_from == "ledger":
        ledger, dues = ledger_and_dues(ordered, ledger_before, month, time_zone)
        standing = [
            _dues(dues, ledger_before, credit_months_before),
            balances(lines, credit_months_before, month),
        ]
    else:
        ledger, standing = LEDGER.empty(), [_as_reported(lines)]
    rows = pl.concat(
        [frame.select("user_id") for frame in (lines, ledger_before, credit_months_before)]
    ).unique()
    for facts in (_flows(lines), _states(lines, credit_months_before), *standing):
        rows = rows.join(facts, on="user_id", how="left")
    as_of, source = pl.lit(last_day(month)), pl.lit(credit_from)
    return ledger, _declared(rows.with_columns(as_of=as_of, credit_from=source))


def _flows(lines: pl.LazyFrame) -> pl.LazyFrame:
    drawn, repaid, taken_back, charged = (
        pl.col("amount_cents").filter(is_any(*kinds)).sum()
        for kinds in (("drawdown",), ("repayment",), ("reversal",), ("interest", "fee"))
    )
    return lines.group_by("user_id").agg(
        drawn.alias("drawdown_cents"),
        (repaid - taken_back).alias("repaid_cents"),
        charged.alias("interest_and_fees_cents"),
    )


def _states(lines: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """Return limit, charge-off and closure; a positive limit reported later reopens a line."""
    limit = is_any("limit_in_force") & pl.col("in_month")
    position = pl.col("position")
    now = lines.group_by("user_id").agg(
        last("amount_cents", limit).alias("limit_in_force_cents"),
        is_any("charge_off").any().alias("charged_off_now"),
        position.filter(limit & (pl.col("amount_cents") > 0)).max().alias("opened_position"),
        position.filter(is_any("line_closed")).max().alias("closed_position"),
    )
    closes = pl.col("closed_position") > pl.col("opened_position").fill_null(-1)
    stays_closed = pl.col("closed") & pl.col("opened_position").is_null()
    states = before.select("user_id", "charged_off", "closed").join(
        now, on="user_id", how="full", coalesce=True
    )
    return states.select(
        "user_id",
        "limit_in_force_cents",
        pl.any_horizontal("charged_off", "charged_off_now").alias("charged_off"),
        pl.any_horizontal(closes, stays_closed).alias("closed"),
    )


def _dues(dues: pl.LazyFrame, ledger_before: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """Return what is due, paid and overdue; days past due are null until a first due has passed.

    A ledger row of a user without a credit month is an opening state: all is known from then on.
    """
    known_before = before.filter(pl.col("dpd_end_days").is_not_null())
    opening = ledger_before.join(before, on="user_id", how="anti")
    first_due = dues.filter(pl.col("fell_due"))
    known = pl.concat([f.select("user_id") for f in (known_before, opening, first_due)]).unique()
    overdue = pl.col("overdue_end_cents", "dpd_end_days", "dpd_max_days")
    return (
        known.with_columns(days_known=pl.lit(True))
        .join(dues, on="user_id", how="full", coalesce=True)
        .with_columns(pl.when(pl.col("days_known")).then(overdue.fill_null(0)))
        .with_columns(
            pl.col("dpd_end_days").alias("dpd_low_days"),
            pl.col("dpd_end_days").alias("dpd_high_days"),
        )
        .drop("days_known", "fell_due")
    )


def _as_reported(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Return balance and days past due as the source states them for this month."""
    status = is_any("delinquency_status") & pl.col("in_month") & pl.col("value").is_not_null()
    low, high = last("value", status), last("value_high", status)
    return lines.group_by("user_id").agg(
        low.alias("dpd_end_days"),
        low.alias("dpd_low_days"),
        pl.coalesce(high, low).alias("dpd_high_days"),
        pl.col("value").filter(status).max().alias("dpd_max_days"),
        last("amount_cents", STATES_BALANCE).alias("balance_end_cents"),
    )


def _declared(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the declared columns; a count, sum or state that nothing was said of is 0 or no."""
    said = set(rows.collect_schema().names())
    columns = []
    for column in CREDIT_MONTHS.columns:
        value = (pl.col(column.name) if column.name in said else pl.lit(None)).cast(column.dtype)
        if column.required and column.dtype.is_integer():
            value = value.fill_null(0)
        elif column.dtype == pl.Boolean:
            value = value.fill_null(False)
        columns.append(value.alias(column.name))
    return rows.select(columns).sort(CREDIT_MONTHS.sorted_by)
