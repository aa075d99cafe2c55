"""Promises: of all plans that were tried for a user, those that hold whatever else goes on."""

from datetime import date

import polars as pl

from transforms.months import last_day
from transforms.plans.activity_ahead import HOPEFUL
from transforms.plans.catalogue import PLANS
from transforms.plans.table import NONE, PLANS_TABLE, UNSURE

_PLACES = {plan.name: place for place, plan in enumerate(PLANS)}


def promises(
    users: pl.DataFrame, rolled: pl.DataFrame, moves: pl.DataFrame, month: date
) -> pl.DataFrame:
    """Return the plans of each user that were verified.

    A plan holds from the first month in which every course of the rest of the user's life, but for
    the hopeful one, has a higher limit than now; what it promises is the lowest of them. A plan
    that takes as long, asks more and promises no more than another is not shown beside it.

    Args:
        users: `user_id`, `limit_cents` to start from.
        rolled, moves: What `transforms.plans.roll` found.
        month: First day of the month that the plans begin after.

    Returns:
        Rows of PLANS_TABLE, sorted by its key: one per user and plan that holds; for a user
        without one with the plan `unsure` if some course has a raise, else `none`, with the
        reasons of what came nearest and was no raise: the fewest guards against it, then the
        least demanding plan.
    """
    start = users.select("user_id", limit_before_cents="limit_cents")
    lowest = (
        rolled.filter(pl.col("course") != HOPEFUL)
        .group_by("user_id", "plan", "ahead")
        .agg(pl.col("limit_cents").fill_null(0).min())
        .join(start, on="user_id")
    )
    held = (
        lowest.filter(pl.col("limit_cents") > pl.col("limit_before_cents"))
        .sort("ahead")
        .group_by("user_id", "plan", maintain_order=True)
        .first()
        .rename({"ahead": "months"})
    )
    asked = (
        moves.join(held.select("user_id", "plan", "months"), on=["user_id", "plan"])
        .filter(pl.col("ahead") <= pl.col("months"))
        .sort("user_id", "plan", "ahead")
        .group_by("user_id", "plan", maintain_order=True)
        .agg("repay_cents", "draw_cents")
    )
    order = pl.col("plan").replace_strict(_PLACES, return_dtype=pl.Int32)
    shown = (
        _worth_showing(held.with_columns(order.alias("effort")))
        .join(asked, on=["user_id", "plan"])
        .sort("user_id", "months", "effort")
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("user_id"), blocked_by=_NOTHING)
    )
    return _declared([shown, _without(start, held, rolled, order)], month)


_NOTHING = pl.lit([], pl.List(pl.String))


def _worth_showing(held: pl.DataFrame) -> pl.DataFrame:
    """Drop what another plan of the same user outdoes in months, effort and limit alike."""
    easier = pl.col("effort_right") < pl.col("effort")
    outdone = held.join(held, on="user_id").filter(
        easier,
        pl.col("months_right") <= pl.col("months"),
        pl.col("limit_cents_right") >= pl.col("limit_cents"),
    )
    return held.join(outdone, on=["user_id", "plan"], how="anti")


def _without(
    start: pl.DataFrame, held: pl.DataFrame, rolled: pl.DataFrame, order: pl.Expr
) -> pl.DataFrame:
    more = pl.col("limit_cents").fill_null(0) > pl.col("limit_before_cents")
    open_ends = rolled.join(start.join(held, on="user_id", how="anti"), on="user_id")
    last = open_ends.filter(pl.col("ahead") == pl.col("ahead").max())
    against = pl.col("guards_fired").list.len()
    nearest = last.sort("user_id", more, against, order, "course").unique(
        "user_id", keep="first", maintain_order=True
    )
    may_rise = open_ends.group_by("user_id").agg(more.any().alias("may_rise"))
    return nearest.join(may_rise, on="user_id").select(
        *("user_id", "limit_before_cents"),
        plan=pl.when("may_rise").then(pl.lit(UNSURE)).otherwise(pl.lit(NONE)),
        place=1,
        blocked_by="reasons",
    )


def _declared(parts: list[pl.DataFrame], month: date) -> pl.DataFrame:
    rows = pl.concat(parts, how="diagonal_relaxed").with_columns(as_of=pl.lit(last_day(month)))
    return rows.select(pl.col(c.name).cast(c.dtype) for c in PLANS_TABLE.columns).sort(
        PLANS_TABLE.sorted_by
    )
