"""Context: evidence that rules may read but that is never scored."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature
from transforms.features.windows import latest

_context = partial(Feature, dimension=Dimension.CONTEXT, effect=Effect.NEITHER)

FEATURES: tuple[Feature, ...] = (
    _context(
        name="income_evidence_cents",
        formula=latest("income_evidence_cents", 12),
        written="last income_evidence_cents, 12 months",
        dtype=pl.Int64(),
        unit="cents",
        lowest=0,
        meaning="Last verified monthly income, at most 12 months old.",
        meaning_zh="最近12个月内核实的月收入。",
        null_means="No income was verified in the last 12 months.",
        reason_en="Your verified monthly income is {value}.",
        reason_zh="您经核实的月收入为{value}元。",
    ),
    _context(
        name="other_obligation_cents",
        formula=latest("other_obligation_cents", 12),
        written="last other_obligation_cents, 12 months",
        dtype=pl.Int64(),
        unit="cents",
        lowest=0,
        meaning="Last reported monthly obligations to other lenders, at most 12 months old.",
        meaning_zh="最近12个月内报告的其他机构月还款额。",
        null_means="No obligation to others was reported; not read as none.",
        reason_en="You owe other lenders {value} a month.",
        reason_zh="您每月需向其他机构还款{value}元。",
    ),
    _context(
        name="bureau_score_points",
        formula=latest("bureau_score_points", 3),
        written="last bureau_score_points, 3 months",
        dtype=pl.Int32(),
        unit="points",
        meaning="Last bureau score, at most 3 months old; only a first limit may read it.",
        meaning_zh="最近3个月内的征信评分，仅用于首次授信。",
        null_means="There is no bureau report of the last 3 months.",
        reason_en="Your bureau score is {value} points.",
        reason_zh="您的征信评分为{value}分。",
    ),
)
