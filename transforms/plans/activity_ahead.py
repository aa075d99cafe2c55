"""Activity ahead: what a user does in the months of a plan beside it, as in own earlier months."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

from transforms.months import last_day, months_after
from transforms.tables.facts import ACTIVITY

# What a plan leaves open goes on as in each of these. It has to hold for the first three, with more
# risk than foreseen; there is no plan only where it does not even hold for the last, with less.
COURSES = ("last_quarter", "quarter_before", "last_year", "hopeful")
HOPEFUL = COURSES[-1]
_DEVICE_MONTHS = 12
# What happens to a user, or is told of one, is not foreseen to happen again.
_NOT_AGAIN = ("credential_leak_count", "complaint_count", "limit_request_count")
_NOT_TOLD = ("bureau_score_points", "income_evidence_cents", "other_obligation_cents")
_FOUR_DAYS = 0b1000_0001_0000_0010_0000_0100  # the 3rd, 10th, 17th and 24th


def month_like(course: str, month: date, ahead: int, first_month: date) -> date:
    """Return which earlier month the month `ahead` of `month` is like.

    A course that would begin before the first month of the lake is like the last quarter.
    """
    turn = (ahead - 1) % 3
    ago = {"quarter_before": 5 - turn, "last_year": 12 - ahead}
    like = months_after(month, -ago.get(course, 2 - turn))
    return like if like >= first_month else months_after(month, turn - 2)


def last_devices(activity: Mapping[date, pl.DataFrame], month: date) -> pl.DataFrame:
    """Return `user_id` and the `device_hashes` that each user was last seen with."""
    months = (months_after(month, -ago) for ago in range(_DEVICE_MONTHS))
    seen = [activity[m].select("user_id", "device_hashes") for m in months if m in activity]
    known = pl.concat([*seen, ACTIVITY.empty().select("user_id", "device_hashes").collect()])
    return known.filter(pl.col("device_hashes").list.len() > 0).unique(
        "user_id", keep="first", maintain_order=True
    )


def activity_ahead(
    copies: pl.DataFrame,
    like: pl.DataFrame,
    moves: pl.DataFrame,
    devices: pl.DataFrame,
    month: date,
) -> pl.DataFrame:
    """Return the activity of a month of a plan.

    Args:
        copies: `copy_id`, `user_id`, `asks` and `logs_in` of this month.
        like: ACTIVITY of the earlier month that it is like.
        moves: `copy_id`, `repay_cents` and `draw_cents`.
        devices: `user_id`, `device_hashes`: no new device is used.
        month: First day of the month.

    Returns:
        Rows of ACTIVITY with the copy's id as `user_id`; none for a copy that does nothing.
    """
    counts = [c.name for c in ACTIVITY.columns if c.required and c.dtype.is_integer()]
    begins = pl.lit(datetime(month.year, month.month, 1, tzinfo=UTC))
    own = copies.join(like, on="user_id", how="left").drop("device_hashes")
    return (
        own.join(devices, on="user_id", how="left")
        .join(moves, on="copy_id", how="left")
        .with_columns(pl.col(counts).fill_null(0))
        .with_columns(
            *(pl.lit(0, pl.Int32).alias(name) for name in _NOT_AGAIN),
            *(pl.lit(None, ACTIVITY.schema[name]).alias(name) for name in _NOT_TOLD),
            *_moved("drawdown", "draw_cents"),
            *_moved("repayment", "repay_cents"),
            as_of=pl.lit(last_day(month)),
            user_id=pl.col("copy_id"),
            device_hashes=pl.col("device_hashes").fill_null(pl.lit([], pl.List(pl.UInt64))),
            device_saturated=pl.lit(False),
            first_event_at=begins,
            last_event_at=begins,
        )
        .with_columns(pl.col("asks").cast(pl.Int32).alias("limit_request_count"), *_logins())
        .filter(pl.sum_horizontal("event_count", "repayment_count", "drawdown_count", "asks") > 0)
        .select(pl.col(column.name).cast(column.dtype) for column in ACTIVITY.columns)
    )


def _moved(kind: str, cents: str) -> list[pl.Expr]:
    amount = pl.col(cents).fill_null(0)
    return [
        amount.alias(f"{kind}_cents"),
        (amount > 0).cast(pl.Int32).alias(f"{kind}_count"),
    ]


def _logins() -> list[pl.Expr]:
    """Return activity with logins on four days at least, where the plan asks for them."""
    at_least = {"login_count": 4, "event_count": 4}
    days = pl.col("active_days_mask")
    return [
        *(
            pl.when("logs_in").then(pl.max_horizontal(name, count)).otherwise(name).alias(name)
            for name, count in at_least.items()
        ),
        pl.when("logs_in")
        .then(days | pl.lit(_FOUR_DAYS, pl.UInt32))
        .otherwise(days)
        .alias("active_days_mask"),
    ]
