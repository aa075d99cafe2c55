"""Features of social ties and outside scores: read only with the user's consent."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature
from transforms.features.windows import at, earliest, latest, months_with, total

_social = partial(Feature, dimension=Dimension.SOCIAL, dtype=pl.Int32())
_NO_CONSENT = "No consent to social data is in force at the month's end"


def _consented(formula: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("social_consent")).then(formula)


def _score_change(months: int) -> pl.Expr:
    twice = months_with(lambda ago: at("external_score_points", ago).is_not_null(), months) > 1
    change = latest("external_score_points", months) - earliest("external_score_points", months)
    return pl.when(twice).then(change)


FEATURES: tuple[Feature, ...] = (
    _social(
        name="external_score_points",
        formula=_consented(latest("external_score_points", 6)),
        written="last external_score_points, 6 months",
        unit="points",
        effect=Effect.RAISES,
        meaning="Last score of an outside agency in the last 6 months.",
        meaning_zh="最近6个月内最新的外部评分。",
        null_means=f"{_NO_CONSENT}, or there is no score.",
        reason_en="Your outside score was {value} points.",
        reason_zh="您的外部评分为{value}分。",
    ),
    _social(
        name="external_score_change_6m",
        formula=_consented(_score_change(6)),
        written="last external_score_points - first one, 6 months",
        unit="points",
        effect=Effect.RAISES,
        meaning="Change of the outside score within the last 6 months.",
        meaning_zh="最近6个月外部评分的变化。",
        null_means=f"{_NO_CONSENT}, or scores are known in fewer than two months.",
        reason_en="Your outside score changed by {value} points in the last 6 months.",
        reason_zh="最近6个月您的外部评分变化{value}分。",
    ),
    _social(
        name="social_interaction_count_3m",
        formula=_consented(total("social_interaction_count", 3)),
        written="sum of social_interaction_count, 3 months",
        unit="count",
        lowest=0,
        effect=Effect.NEITHER,
        meaning="Social interactions of the last 3 months.",
        meaning_zh="最近3个月的社交互动次数。",
        null_means=f"{_NO_CONSENT}.",
        reason_en="You had {value} social interactions in the last 3 months.",
        reason_zh="最近3个月您有{value}次社交互动。",
    ),
    _social(
        name="social_interaction_months_6m",
        formula=_consented(months_with(lambda ago: at("social_interaction_count", ago) > 0, 6)),
        written="months with a social interaction, 6 months",
        unit="months",
        lowest=0,
        highest=6,
        effect=Effect.RAISES,
        meaning="Months of the last 6 with a social interaction.",
        meaning_zh="最近6个月中有社交互动的月数。",
        null_means=f"{_NO_CONSENT}.",
        reason_en="You had social interactions in {value} of the last 6 months.",
        reason_zh="最近6个月中您有{value}个月发生社交互动。",
    ),
)
