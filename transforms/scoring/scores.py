"""Scores: each user's scorecard points, where points were lost, and the default probability."""

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from transforms.months import last_day
from transforms.scoring.scorecard import Scorecard, ScoredFeature
from transforms.tables.decided import SCORES


def scores(features: pl.LazyFrame, scorecard: Scorecard, month: date) -> pl.LazyFrame:
    """Score every user.

    Args:
        features: Rows of FEATURES: `user_id` and the features of the scorecard; null is unknown.
        scorecard: The one in force on the decision date.
        month: First day of the month observed.

    Returns:
        SCORES: one row per user of `features`, sorted by `user_id`. `contributions` lists the
        scored features, most points lost first, ties by name; an unknown value has lost none.
    """
    scored = sorted(scorecard.features, key=lambda one: one.name)
    names = [one.name for one in scored]
    # In one go: two readings of a large file need not give its rows in the same order.
    users = features.select(
        "user_id",
        *(_points(one).alias(one.name) for one in scored),
        *(_points_lost(one).alias(f"{one.name} lost") for one in scored),
    ).collect()
    points, lost = users.select(names), users.select(f"{name} lost" for name in names)
    return (
        users.select(
            "user_id",
            pl.sum_horizontal(scorecard.base_points, *names).alias("points"),
            _lost_first(points, lost).alias("contributions"),
        )
        .lazy()
        .with_columns(
            pl.lit(last_day(month)).alias("as_of"),
            pd_ppm(pl.col("points"), scorecard.pd_ppm).alias("pd_ppm"),
            pl.lit(scorecard.version).alias("scorecard_version"),
        )
        .select(SCORES.schema.names())
        .cast(dict(SCORES.schema))
        .sort("user_id")
    )


def _points(scored: ScoredFeature) -> pl.Expr:
    value = pl.col(scored.name)
    points = pl.when(value.is_null()).then(pl.lit(scored.null_points, pl.Int32))
    for one in scored.bins[:-1]:
        points = points.when(value <= one.at_most).then(pl.lit(one.points, pl.Int32))
    return points.otherwise(pl.lit(scored.bins[-1].points, pl.Int32))


def _points_lost(scored: ScoredFeature) -> pl.Expr:
    known = pl.col(scored.name).is_not_null()
    return pl.when(known).then((scored.best_points - _points(scored)).clip(0)).otherwise(0)


def _lost_first(points: pl.DataFrame, lost: pl.DataFrame) -> pl.Series:
    """Return each user's features with their points, most points lost first; ties keep theirs."""
    lost_points = lost.to_numpy()
    order = np.argsort(-lost_points, axis=1, kind="stable")
    names = pl.Series(points.columns, dtype=pl.String)
    rows = pl.DataFrame(
        {
            "feature": names.gather(order.ravel()),
            "points": np.take_along_axis(points.to_numpy(), order, axis=1).ravel(),
            "points_lost": np.take_along_axis(lost_points, order, axis=1).ravel(),
        }
    )
    return rows.to_struct().reshape((points.height, points.width)).arr.to_list()


def pd_ppm(points: pl.Expr, rows: tuple[tuple[int, int], ...]) -> pl.Expr:
    """Read a default probability off the points table, on the straight line between rows.

    Whole numbers only, so that every machine gives the same; never rises with the points.

    Args:
        points: Scorecard points.
        rows: (points, ppm) by ascending points and falling ppm.

    Returns:
        Int32, ppm, rounded down; the nearest row's value outside the table.
    """
    whole = points.cast(pl.Int64)
    falls = [
        ((whole - low).clip(0, high - low) * (ppm_high - ppm_low)) // (high - low)
        for (low, ppm_low), (high, ppm_high) in pairwise(rows)
    ]
    return pl.sum_horizontal(rows[0][1], *falls).cast(pl.Int32)
