"""Last runs: what earlier months decided for each user, as far as the next decision looks back."""

from datetime import date

import polars as pl

from transforms.months import last_day, months_after


def last_runs(limits: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Reduce published limits to what the decision of `month` needs of them.

    Args:
        limits: Rows of LIMITS of months before `month`.
        month: First day of the month observed.

    Returns:
        One row per user ever published: `said_last_month`; `pd_before_ppm`,
        `raise_eligible_before` and `soft_trigger_before` of the last run alone (null if it had no
        row); `apr_before_bps`, `price_band_before`, `published_limit_cents`, `published_status`
        as last known; lowest and highest rate of the last 12 months; `declined_on`,
        `we_closed_on`; `frozen_months`.
    """
    previous = pl.col("as_of") == last_day(months_after(month, -1))
    a_year = pl.col("as_of") >= last_day(months_after(month, -12))
    # A declined applicant has no line that could be closed.
    status = pl.when(pl.col("action").eq_missing("decline")).then(pl.lit("applied"))
    status = status.otherwise("line_status")
    last_run = {
        "pd_before_ppm": "pd_ppm",
        "raise_eligible_before": "raise_eligible",
        "soft_trigger_before": "soft_trigger",
    }
    return (
        limits.sort("user_id", "as_of")
        .group_by("user_id", maintain_order=True)
        .agg(
            previous.any().alias("said_last_month"),
            *(pl.col(now).filter(previous).last().alias(then) for then, now in last_run.items()),
            pl.col("apr_bps").drop_nulls().last().alias("apr_before_bps"),
            pl.col("apr_bps").filter(a_year).min().alias("apr_lowest_12m_bps"),
            pl.col("apr_bps").filter(a_year).max().alias("apr_highest_12m_bps"),
            pl.col("price_band").drop_nulls().last().alias("price_band_before"),
            pl.col("limit_cents").drop_nulls().last().alias("published_limit_cents"),
            status.last().alias("published_status"),
            began_on(status == "closed").alias("we_closed_on"),
            pl.col("as_of").filter(pl.col("action") == "decline").last().alias("declined_on"),
            began_on(status == "frozen").alias("frozen_since"),
        )
        .with_columns(_months_to(pl.col("frozen_since"), month).alias("frozen_months"))
    )


def began_on(state: pl.Expr) -> pl.Expr:
    """Return from which month's end on a user's rows are all in `state`; null if the last is not.

    An aggregation over a user's rows in order of `as_of`, one per month.
    """
    as_of = pl.col("as_of")
    before = as_of.filter(~state).last()
    since = pl.coalesce(before.dt.offset_by("1d").dt.month_end(), as_of.first())
    return pl.when(state.last()).then(since)


def _months_to(since: pl.Expr, month: date) -> pl.Expr:
    """Return how many months before `month` a state has lasted; 0 without one."""
    months = (month.year - since.dt.year()) * 12 + month.month - since.dt.month().cast(pl.Int32)
    return months.fill_null(0)
