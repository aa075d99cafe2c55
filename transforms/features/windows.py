"""The words that formulas are written in: windows of calendar months and exact shares.

A formula is an expression over one row per user: each column of `activity` and `credit_months`
stands there once per month read, with the months back in its name, null where the user has no row
in that month. A sum over no row is 0.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import add

import polars as pl

from transforms.tables.facts import PURCHASE_BINS, PURCHASE_EDGES_CENTS

MONTHS_READ = 13
# A column of a month, or what is made of columns of the month so many months back.
Monthly = str | Callable[[int], pl.Expr]


def name_at(column: str, months_ago: int) -> str:
    """Return the name that a column has for the month so many months back."""
    return f"{column}@{months_ago}"


def names_at(formulas: Iterable[pl.Expr]) -> Iterator[tuple[str, int]]:
    """Return the columns that formulas read of months, and how many months back."""
    for name in {name for formula in formulas for name in formula.meta.root_names()}:
        column, _, months_ago = name.partition("@")
        if months_ago:
            yield column, int(months_ago)


def at(value: Monthly, months_ago: int) -> pl.Expr:
    """Return a value of the month so many months back."""
    return pl.col(name_at(value, months_ago)) if isinstance(value, str) else value(months_ago)


def within(value: Monthly, months: int) -> list[pl.Expr]:
    """Return a value of each of the last `months` calendar months, the current one first."""
    return [at(value, months_ago) for months_ago in range(months)]


def total(value: Monthly, months: int) -> pl.Expr:
    """Sum a value over the last `months` months."""
    return pl.sum_horizontal(within(value, months))


def most(value: Monthly, months: int) -> pl.Expr:
    """Return the largest value of the last `months` months; null where none is known."""
    return pl.max_horizontal(within(value, months))


def latest(value: Monthly, months: int) -> pl.Expr:
    """Return the newest known value of the last `months` months."""
    return pl.coalesce(within(value, months))


def earliest(value: Monthly, months: int) -> pl.Expr:
    """Return the oldest known value of the last `months` months."""
    return pl.coalesce(within(value, months)[::-1])


def any_month(condition: Monthly, months: int) -> pl.Expr:
    """Whether a condition holds in any of the last `months` months."""
    return pl.any_horizontal(known.fill_null(False) for known in within(condition, months))


def months_with(condition: Monthly, months: int) -> pl.Expr:
    """Count the months of the window in which a condition holds."""
    return pl.sum_horizontal(held.cast(pl.Int32) for held in within(condition, months))


def months_since(condition: Monthly, months: int) -> pl.Expr:
    """Return how many months ago a condition held last; null if it did not in the window."""
    held = enumerate(within(condition, months))
    return pl.coalesce(pl.when(is_held).then(pl.lit(ago, pl.Int32)) for ago, is_held in held)


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide two sums once; null where the whole is not positive: a share of nothing is unknown."""
    return pl.when(whole > 0).then(part / whole)


def share_at_most_one(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide two sums of which the part, kept within 0 and the whole, may stray outside."""
    return share(pl.max_horizontal(pl.min_horizontal(part, whole), 0), whole)


def if_known(months: int, formula: pl.Expr) -> pl.Expr:
    """Keep a figure only if the lake covers all of the last `months` months."""
    return pl.when(pl.col("months_known") >= months).then(formula)


def change_ratio(value: Monthly) -> pl.Expr:
    """Compare the monthly level of 3 months with that of the 12 months that contain them.

    Returns:
        4 * sum of 3 months / sum of 12 months, within 0 and 4 for sums that are not negative.
        Null if fewer than 12 months are known or the 9 months before the 3 have nothing.
    """
    recent, year = total(value, 3), total(value, 12)
    return if_known(12, pl.when(year > recent).then(4 * recent / year))


def median_of_three(value: Monthly) -> pl.Expr:
    """Return the middle one of the last three months, a month without rows being 0."""
    first, second, third = (known.fill_null(0) for known in within(value, 3))
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
    *upto, whole = accumulate(counts, add)
    edge = pl.when(whole == 0).then(None)
    for reached, cents in zip(upto, PURCHASE_EDGES_CENTS, strict=True):
        edge = edge.when(reached * 100 >= whole * percent).then(pl.lit(cents, pl.Int64))
    return edge.otherwise(overflow)


def purchase_edge(percent: int, months: int) -> pl.Expr:
    """Return the amount that `percent` of the window's purchases are at most, as a bin edge."""
    counts = [total(name, months).cast(pl.Int64) for name in PURCHASE_BINS]
    return edge_at(percent, counts, most("purchase_max_cents", months))
