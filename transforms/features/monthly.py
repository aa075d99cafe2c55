"""What is made of one month's columns: credit computed and reported alike, and money received.

Each function takes how many months back the month lies; null is a month without a row.
"""

import polars as pl

from transforms.features.windows import MONTHS_READ, at


def has_credit(ago: int) -> pl.Expr:
    """Whether the user has a row of credit in the month."""
    return at("credit_from", ago).is_not_null()


def is_standing_known(ago: int) -> pl.Expr:
    """Whether something is known of whether dues were paid."""
    dues = at("due_count", ago) + at("paid_late_count", ago)
    return at("dpd_max_days", ago).is_not_null() | (dues > 0)


def dues_count(ago: int) -> pl.Expr:
    """Obligations; of a source that reports a status only, the month itself is one."""
    return _told(ago, at("dpd_max_days", ago).is_not_null(), "due_count")


def on_time_count(ago: int) -> pl.Expr:
    """Obligations, or reported months, that were paid in time."""
    return _told(ago, at("dpd_max_days", ago) <= 0, "paid_on_time_count")


def late_count(ago: int) -> pl.Expr:
    """Obligations, or reported months, that were paid late."""
    return _told(ago, at("dpd_max_days", ago) > 0, "paid_late_count")


def unpaid_count(ago: int) -> pl.Expr:
    """Obligations overdue at the month's end; a reported month is never counted twice."""
    return _told(ago, pl.lit(False), "unpaid_count")


def is_late(ago: int) -> pl.Expr:
    """Whether a due was paid late or is overdue."""
    return (late_count(ago) > 0) | (unpaid_count(ago) > 0) | (at("dpd_max_days", ago) > 0)


def owed_before_cents(ago: int) -> pl.Expr:
    """Owed at the end of the month before; null if that or the month itself has no row."""
    return pl.when(has_credit(ago)).then(at("balance_end_cents", ago + 1))


def limit_known_cents(ago: int) -> pl.Expr:
    """Last limit reported up to the month; null if the month has no row."""
    limits = [at("limit_in_force_cents", earlier) for earlier in range(ago, MONTHS_READ)]
    return pl.when(has_credit(ago)).then(pl.coalesce(limits))


def is_drawn(ago: int) -> pl.Expr:
    """Whether money was drawn; of a reported status, whether more is owed than repayment left.

    Adding back what was repaid keeps the answer the same however much the user repays.
    """
    owed_more = (
        at("balance_end_cents", ago)
        + at("repaid_cents", ago)
        - at("interest_and_fees_cents", ago)
        - owed_before_cents(ago)
    )
    drawn = at("drawdown_cents", ago) > 0
    return pl.when(_is_reported(ago) & ~drawn).then(owed_more > 0).otherwise(drawn)


def inflow_cents(ago: int) -> pl.Expr:
    """All money that came in from outside."""
    return at("transfer_in_cents", ago) + at("cash_in_cents", ago)


def _is_reported(ago: int) -> pl.Expr:
    return at("credit_from", ago) == "reported"


def _told(ago: int, reported: pl.Expr, computed: str) -> pl.Expr:
    return pl.when(_is_reported(ago)).then(reported.cast(pl.Int32)).otherwise(at(computed, ago))
