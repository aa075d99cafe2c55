"""What our policy decides in a trial: the monthly refresh itself, with the score that is tried."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from transforms.months import month_text, months_after
from transforms.policies.policy import Policy
from transforms.scoring.scorecard import Scorecard
from transforms.tables.decided import DECISIONS
from transforms.training.scorecard_text import scorecard_text
from warehouse.monthly.parts import parts_of
from warehouse.monthly.refresh import (
    begin_refresh,
    publish_limits,
    stage_decisions,
    stage_features,
    stage_limits,
)
from warehouse.scores.trial import Trial
from warehouse.store.audit import Chain

_MONTHS_BEFORE = 2  # what asks for two runs in a row finds them
_OF_THE_SCORE = frozenset({"points", "pd_ppm", "pd_before_ppm", "raise_eligible", "soft_trigger"})
_AGAINST_A_RAISE = ("no_raise", "freeze", "close")


def decided(facts: Trial, scorecard: Scorecard, months: Iterable[date]) -> pl.DataFrame:
    """Decide months one after the other, and return what was decided in those asked for.

    Args:
        facts: Facts, and the policies to decide by.
        scorecard: Takes the place of every other.
        months: Asked for, all with facts.

    Returns:
        `user_id`, `month` (its first day), `limit_cents` present, `ours_cents` decided,
        `is_eligible`: no guard that reads no score stands against a raise. Lines with a known
        limit only.
    """
    for file in (facts.policies / "scorecards").glob("*.toml"):
        file.unlink()
    path = facts.policies / "scorecards" / f"{scorecard.version}.toml"
    path.write_text(scorecard_text(scorecard))
    asked = sorted(months)
    first = max(months_after(asked[0], -_MONTHS_BEFORE), facts.first)
    month, found = first, []
    while month <= asked[-1]:
        _refresh(month_text(month))
        if month in asked:
            found.append(_of_month(facts, month))
        month = months_after(month, 1)
    return pl.concat(found)


def _refresh(month: str) -> None:
    (part,) = parts_of(begin_refresh(month))
    (part,) = parts_of(stage_features(part))
    folder = stage_limits(stage_decisions(part))
    publish_limits(folder, month, "a trial", ({"by": "a trial", "reason": "nothing is in force"},))


def _of_month(facts: Trial, month: date) -> pl.DataFrame:
    chain = Chain.read(facts.chain.lake)
    paths = chain.paths(DECISIONS.name, month)
    against = _against_a_raise(facts.terms(month).policy)
    fired = pl.col("guards_fired").list.set_intersection(pl.lit(against)).list.len()
    return (
        pl.read_parquet(paths, hive_partitioning=False)
        .filter(pl.col("decidable") & (pl.col("limit_before_cents") > 0))
        .select(
            "user_id",
            pl.lit(month).alias("month"),
            pl.col("limit_before_cents").alias("limit_cents"),
            pl.col("limit_cents").alias("ours_cents"),
            (fired == 0).alias("is_eligible"),
        )
    )


def _against_a_raise(policy: Policy) -> list[str]:
    return [
        guard.name
        for guard in policy.guards
        if guard.effect in _AGAINST_A_RAISE and not guard.reads & _OF_THE_SCORE
    ]
