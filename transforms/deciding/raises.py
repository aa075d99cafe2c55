"""Raises: when each line was last raised, by us or as observed at the lender."""

from datetime import date

import polars as pl


def raises(
    credit_months: pl.LazyFrame, limits: pl.LazyFrame, month: date, mode: str
) -> pl.LazyFrame:
    """Count the raises decided in the 12 months before `month`.

    A limit in force that is higher than the one reported before it was raised by a decision of
    the month before. Where our own rows reach back, in live mode, they count instead, so that a
    raise is not seen twice; in shadow mode only what was observed took effect.

    Args:
        credit_months: Rows of CREDIT_MONTHS of the last 13 months, this one included.
        limits: Published rows of LIMITS of the months before `month`.
        month: First day of the month observed.
        mode: `live`, `shadow` or `indicative`.

    Returns:
        One row per user with any history: `months_since_raise` (1 is last month's decision; null
        without a raise), `raises_12m`, `known_months` (how many months back is known).
    """
    published = limits.filter(_ago(month) >= 1).select(
        "user_id", ago=_ago(month), raised=(pl.col("action") == "raise").fill_null(False)
    )
    observed = _observed(credit_months, month)
    if mode == "live":
        reach = published.group_by("user_id").agg(pl.col("ago").max().alias("reach"))
        observed = observed.join(reach, on="user_id", how="left").filter(
            pl.col("ago") > pl.col("reach").fill_null(0)
        )
        observed = pl.concat([published, observed.select("user_id", "ago", "raised")])
    raised_ago = pl.col("ago").filter(pl.col("raised") & (pl.col("ago") <= 12))
    return observed.group_by("user_id").agg(
        raised_ago.min().alias("months_since_raise"),
        raised_ago.n_unique().alias("raises_12m"),
        pl.col("ago").max().alias("known_months"),
    )


def raise_columns() -> list[pl.Expr]:
    """Complete `raises` by `months_on_book`: what is known to be none, and what is not known.

    Returns:
        `months_since_raise` (13: none in the last 12 months) and `raises_12m`; both null as long
        as no raise is known and neither 12 months nor the line's whole life are.
    """
    needed = pl.min_horizontal(pl.lit(12), pl.col("months_on_book").fill_null(12))
    complete = pl.col("known_months").fill_null(0) >= needed
    raised = pl.col("months_since_raise").is_not_null()
    since, count = pl.when(raised).then("months_since_raise"), pl.when(raised).then("raises_12m")
    return [
        since.when(complete).then(pl.lit(13)).alias("months_since_raise"),
        count.when(complete).then(pl.lit(0)).alias("raises_12m"),
    ]


def _observed(credit_months: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return the observed reports, each in the month before, and whether the limit rose."""
    limit = pl.col("limit_in_force_cents")
    same_user = pl.col("user_id") == pl.col("user_id").shift()
    return (
        credit_months.filter(limit.is_not_null() & (_ago(month) >= 0))
        .sort("user_id", "as_of")
        .select(
            "user_id",
            # The first report only says from when on the limit is known.
            ago=pl.when(same_user).then(_ago(month) + 1).otherwise(_ago(month)),
            raised=(same_user & (limit > limit.shift())).fill_null(False),
        )
    )


def _ago(month: date) -> pl.Expr:
    as_of = pl.col("as_of")
    return (month.year - as_of.dt.year()) * 12 + month.month - as_of.dt.month().cast(pl.Int32)
