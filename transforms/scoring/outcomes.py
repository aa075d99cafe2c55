"""What became of each line within twelve months: the label that scores are trained on."""

import polars as pl

LABEL_ID = "90_days_past_due_12m"
HORIZON_MONTHS = 12
OUTCOMES = ("good", "bad", "indeterminate", "incomplete")
GROUPS = ("segment", "region")  # by which a card says how a score does; never scored
_BELOW_DPD_DAYS = 30  # of those who belong to the population; and worst of a good outcome
_BAD_FROM_DPD_DAYS = 90
_MONTHS_ON_BOOK = 3


def population(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Return `user_id` and GROUPS of lines that a score is trained on.

    Args:
        lines: Rows of LINES at the end of the month observed.

    Returns:
        Open lines (a frozen one is not), less than 30 days past due, at least 3 months on book.
    """
    return lines.filter(
        (pl.col("line_status_before") == "open")
        & (pl.col("dpd_end_days") < _BELOW_DPD_DAYS)
        & (pl.col("months_on_book") >= _MONTHS_ON_BOOK)
    ).select("user_id", *GROUPS)


def outcomes(of: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """Say what became of lines in the months after the one observed.

    Args:
        of: Rows of `population`.
        after: Rows of CREDIT_MONTHS of the `HORIZON_MONTHS` months that follow.

    Returns:
        The rows with `outcome`, one of OUTCOMES. Bad: 90 days past due or more at a month's end,
        or written off. Indeterminate: worst 30 to 89 days. Incomplete, and never good: not bad
        so far, but of some month of the window nothing is known.
    """
    known = pl.col("dpd_max_days").is_not_null()
    seen = after.group_by("user_id").agg(
        bad=(pl.col("dpd_end_days") >= _BAD_FROM_DPD_DAYS).any() | pl.col("charged_off").any(),
        complete=known.sum() == HORIZON_MONTHS,
        worst=pl.col("dpd_max_days").max(),
    )
    outcome = (
        pl.when("bad")
        .then(pl.lit("bad"))
        .when(pl.col("complete") & (pl.col("worst") >= _BELOW_DPD_DAYS))
        .then(pl.lit("indeterminate"))
        .when("complete")
        .then(pl.lit("good"))
        .otherwise(pl.lit("incomplete"))
    )
    joined = of.join(seen, on="user_id", how="left").sort("user_id")
    return joined.select("user_id", *GROUPS, outcome.alias("outcome"))
