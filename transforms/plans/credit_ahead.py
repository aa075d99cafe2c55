"""Credit ahead: what is owed, repaid and drawn in each month of a plan, through the real ledger."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from transforms.facts.credit_months import credit_facts
from transforms.months import last_day
from transforms.plans.catalogue import PLANS
from transforms.tables.logs import EVENTS

ARREARS_DAYS = 5  # what is overdue is paid by this day of the month
_RULES = ("draws", "repays_as_usual", "repaid_percent", "ceiling_percent")
_RULE_ROWS = pl.DataFrame([{"plan": p.name, **{r: getattr(p, r) for r in _RULES}} for p in PLANS])
_NOW_OWED = (pl.col("row_kind") == "obligation") & (pl.col("remaining_cents") > 0)


def credit_ahead(
    rows: pl.DataFrame,
    ledger: pl.LazyFrame,
    credit_months: pl.LazyFrame,
    month: date,
    time_zone: str,
    credit_from: str,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Live one month of every plan.

    All that falls due is paid on its day, and what is overdue on the fifth. What is repaid beyond
    that pays instalments early. A source that reports standing says 0 days past due. Dues of what
    is newly drawn are not foreseen: they are paid as well, which only adds to what is on time.

    Args:
        rows: One per user and plan: `user_id` of the copy, `plan`, `limit_cents`, `can_draw`,
            `usual_repaid_cents` and `usual_drawn_cents` of such a month.
        ledger, credit_months: LEDGER and CREDIT_MONTHS of the copies the month before.
        month: First day of the month to live.
        time_zone: The lender's zone.
        credit_from: `ledger` or `reported`.

    Returns:
        LEDGER and CREDIT_MONTHS after the month, limits not reported; and `user_id`, `plan`,
        `repay_cents`, `draw_cents`: what the plan asks for in it.
    """
    ledger, credit_months = ledger.collect(), credit_months.collect()
    moves = _moves(rows, ledger, credit_months, month)
    events = _events(moves, ledger, month, time_zone, credit_from)
    after = credit_facts(
        events.lazy(), ledger.lazy(), credit_months.lazy(), month, time_zone, credit_from
    )
    ledger_after, credit_after = (facts.collect() for facts in after)
    return ledger_after, credit_after, moves.select("user_id", "plan", "repay_cents", "draw_cents")


def _moves(
    rows: pl.DataFrame, ledger: pl.DataFrame, credit_months: pl.DataFrame, month: date
) -> pl.DataFrame:
    """Return what is charged, repaid and drawn.

    Interest is the part of what falls due that is not in the balance yet, in proportion.
    """
    due = pl.col("remaining_cents").filter(pl.col("due_on") <= last_day(month)).sum()
    owed = ledger.filter(_NOW_OWED).group_by("user_id")
    dues = owed.agg(due.alias("due_cents"), pl.col("remaining_cents").sum().alias("whole_cents"))
    balance = credit_months.select("user_id", owed_cents=pl.col("balance_end_cents").fill_null(0))
    principal = pl.min_horizontal(pl.col("owed_cents").clip(0), "whole_cents")
    charged = pl.col("due_cents") - pl.col("due_cents") * principal // pl.max_horizontal(
        "whole_cents", 1
    )
    ceiling = pl.col("limit_cents") * pl.col("ceiling_percent") // 100
    usual = pl.when("repays_as_usual").then("usual_repaid_cents").otherwise(0)
    part = pl.col("owed_cents").clip(0) * pl.col("repaid_percent") // 100
    least = pl.max_horizontal("due_cents", usual, part, pl.col("owing_cents") - ceiling)
    most = pl.max_horizontal("due_cents", "owing_cents")
    left = pl.col("owing_cents") - pl.col("repay_cents")
    wanted = (
        pl.when(pl.col("draws") == "usual")
        .then("usual_drawn_cents")
        .when(pl.col("draws") == "some")
        .then(pl.col("limit_cents") // 10)
        .otherwise(0)
    )
    drawn = pl.min_horizontal(wanted, ceiling - left).clip(0)
    return (
        rows.join(_RULE_ROWS, on="plan", how="left")
        .join(balance, on="user_id", how="left")
        .join(dues, on="user_id", how="left")
        .with_columns(pl.col("owed_cents", "due_cents", "whole_cents").fill_null(0))
        .with_columns(charged.alias("charged_cents"))
        .with_columns((pl.col("owed_cents") + pl.col("charged_cents")).alias("owing_cents"))
        .with_columns(pl.min_horizontal(least, most).alias("repay_cents"))
        .with_columns(pl.when("can_draw").then(drawn).otherwise(0).alias("draw_cents"))
    )


def _events(
    moves: pl.DataFrame, ledger: pl.DataFrame, month: date, time_zone: str, credit_from: str
) -> pl.DataFrame:
    """Write a month's moves as the events that a lender's log would have of them."""
    fifth = pl.lit(month + timedelta(days=ARREARS_DAYS - 1))
    day = pl.when(pl.col("due_on") < month).then(fifth).otherwise("due_on")
    dues = (
        ledger.filter(_NOW_OWED & (pl.col("due_on") <= last_day(month)))
        .group_by("user_id", day.alias("day"))
        .agg(pl.col("remaining_cents").sum().alias("amount_cents"))
        .with_columns(event_type=pl.lit("repayment"), hour=12)
    )
    early = pl.col("repay_cents") - pl.col("due_cents")
    owed = pl.col("owing_cents") - pl.col("repay_cents") + pl.col("draw_cents")
    at_end = [("interest", pl.col("charged_cents"), 10), ("repayment", early, 18)]
    at_end += [("drawdown", pl.col("draw_cents"), 20)]
    if credit_from == "reported":
        at_end += [("statement", owed, 23), ("delinquency_status", pl.lit(0, pl.Int64), 23)]
    parts = [
        moves.select(
            "user_id",
            day=pl.lit(last_day(month)),
            amount_cents=amount,
            event_type=pl.lit(kind),
            hour=hour,
        ).filter((pl.col("amount_cents") > 0) | (pl.col("hour") == 23))
        for kind, amount, hour in at_end
    ]
    lines = pl.concat([dues.select(parts[0].columns), *parts], how="vertical_relaxed")
    at_hours = {
        hour: pl.lit(datetime.combine(month, time(hour), ZoneInfo(time_zone)))
        for hour in (10, 12, 18, 20, 23)
    }
    moment = pl.coalesce(pl.when(pl.col("hour") == h).then(at) for h, at in at_hours.items())
    return _as_events(lines, moment.dt.convert_time_zone(time_zone), month)


def _as_events(lines: pl.DataFrame, moment: pl.Expr, month: date) -> pl.DataFrame:
    days = (pl.col("day") - pl.lit(month)).dt.total_days()
    status = pl.col("event_type") == "delinquency_status"
    given = lines.select(
        "user_id",
        occurred_at=moment.dt.offset_by(pl.format("{}d", days)).dt.convert_time_zone("UTC"),
        event_id=pl.format("plan-{}", pl.int_range(pl.len())),
        event_type="event_type",
        amount_cents=pl.when(~status).then("amount_cents"),
        value=pl.when(status).then(pl.lit(0, pl.Int64)),
        source=pl.lit("plan"),
    )
    missing = set(EVENTS.schema.names()) - set(given.columns)
    return given.with_columns(pl.lit(None).alias(name) for name in missing).select(
        pl.col(column.name).cast(column.dtype) for column in EVENTS.columns
    )
