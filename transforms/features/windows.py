"""The words that formulas are written in: windows of calendar months and exact shares.

A formula aggregates one user's rows of `history`: rows of `activity` and of `credit_months`, each
with `months_ago`, beside one row that says what the lake covers. A sum over no row is 0.
"""

from collections.abc import Sequence

import polars as pl

from transforms.tables.facts import PURCHASE_BINS, PURCHASE_EDGES_CENTS

MONTHS_AGO = pl.col("months_ago")


def within(months: int) -> pl.Expr:
    """Select rows of the last `months` calendar months, the current one included."""
    return MONTHS_AGO.is_between(0, months - 1)


def total(column: str, months: int) -> pl.Expr:
    """Sum a column over the last `months` months."""
    return pl.col(column).filter(within(months)).sum()


def most(column: str, months: int) -> pl.Expr:
    """Return the largest value of the last `months` months; null where none is known."""
    return pl.col(column).filter(within(months)).max()


def this_month(column: str) -> pl.Expr:
    """Return the value of the month itself; null if it is unknown."""
    return most(column, 1)


def latest(column: str, months: int) -> pl.Expr:
    """Return the newest known value of the last `months` months."""
    known = pl.col(column).is_not_null() & within(months)
    return pl.col(column).filter(known).min_by(MONTHS_AGO.filter(known))


def earliest(column: str, months: int) -> pl.Expr:
    """Return the oldest known value of the last `months` months."""
    known = pl.col(column).is_not_null() & within(months)
    return pl.col(column).filter(known).max_by(MONTHS_AGO.filter(known))


def sum_of_month(column: str, months_ago: int) -> pl.Expr:
    """Return a column's value of one month; 0 without a row."""
    return pl.col(column).filter(pl.col("months_ago") == months_ago).sum()


def months_with(condition: pl.Expr, months: int) -> pl.Expr:
    """Count the months of the window in which `condition` holds."""
    return (condition & within(months)).sum()


def months_since(condition: pl.Expr, months: int) -> pl.Expr:
    """Return how many months ago `condition` held last; null if it did not in the window."""
    return MONTHS_AGO.filter(condition & within(months)).min()


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide two sums once; null where the whole is not positive: a share of nothing is unknown."""
    return pl.when(whole > 0).then(part / whole)


def share_at_most_one(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide two sums of which the part, kept within 0 and the whole, may stray outside."""
    return share(pl.max_horizontal(pl.min_horizontal(part, whole), 0), whole)


def if_known(months: int, formula: pl.Expr) -> pl.Expr:
    """Keep a figure only if the lake covers all of the last `months` months."""
    return pl.when(pl.col("months_known").max() >= months).then(formula)


def change_ratio(column: str) -> pl.Expr:
    """Compare the monthly level of 3 months with that of the 12 months that contain them.

    Returns:
        4 * sum of 3 months / sum of 12 months, within 0 and 4 for sums that are not negative.
        Null if fewer than 12 months are known or the 9 months before the 3 have nothing.
    """
    recent, year = total(column, 3), total(column, 12)
    return if_known(12, pl.when(year > recent).then(4 * recent / year))


def median_of_three(column: str) -> pl.Expr:
    """Return the middle one of the last three months, a month without rows being 0."""
    first, second, third = (sum_of_month(column, months_ago) for months_ago in range(3))
    smaller, larger = pl.min_horizontal(first, second), pl.max_horizontal(first, second)
    return if_known(3, pl.max_horizontal(smaller, pl.min_horizontal(larger, third)))


def edge_at(percent: int, counts: Sequence[pl.Expr], overflow: pl.Expr) -> pl.Expr:
    """Return the histogram edge that `percent` of all purchases lie at or below.

    Args:
        percent: Share of the purchases, per cent.
        counts: Purchases in each bin of PURCHASE_EDGES_CENTS, the open last bin included.
        overflow: What to return if the share is reached in the open last bin only.

    Returns:
        Cents; null without purchases.
    """
    whole = pl.sum_horizontal(counts)
    edge = pl.when(whole == 0).then(None)
    for last, cents in enumerate(PURCHASE_EDGES_CENTS, start=1):
        reached = pl.sum_horizontal(counts[:last]) * 100 >= whole * percent
        edge = edge.when(reached).then(pl.lit(cents, pl.Int64))
    return edge.otherwise(overflow)


def purchase_edge(percent: int, months: int) -> pl.Expr:
    """Return the amount that `percent` of the window's purchases are at most, as a bin edge."""
    counts = [total(name, months).cast(pl.Int64) for name in PURCHASE_BINS]
    return edge_at(percent, counts, most("purchase_max_cents", months))
