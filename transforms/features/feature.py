"""The shape of a feature: one number per user and month, with all that a reviewer asks of it."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class Dimension(StrEnum):
    """Kind of behaviour that a feature describes; `CONTEXT` is never scored."""

    CREDIT_HISTORY = "credit_history"
    SPENDING = "spending"
    ACCOUNT_ACTIVITY = "account_activity"
    SOCIAL = "social"
    CONTEXT = "context"


class Effect(StrEnum):
    """The way a larger value moves the score."""

    RAISES = "raises"
    LOWERS = "lowers"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feature:
    """One number per user and month, declared once.

    Attributes:
        name: Column name; ends with its unit or window where it has one.
        dimension: Kind of behaviour.
        formula: What is made of the user's months; see `transforms.features.windows`.
        written: The same formula as a person would write it.
        dtype: Type of the column.
        unit: `cents`, `count`, `days`, `months`, `points` or `ratio`.
        lowest, highest: Closed range that holds by construction; None is unbounded.
        effect: The way a larger value moves the score.
        meaning, meaning_zh: One sentence for a person who does not read code.
        null_means: What it says about the user if the value is null, beyond a dimension that the
            source lacks.
        reason_en, reason_zh: What the user is told when the value cost points; `{value}` is
            the figure, as `figure` writes it.
    """

    name: str
    dimension: Dimension
    formula: pl.Expr
    written: str
    dtype: pl.DataType
    unit: str
    lowest: int | float | None = None
    highest: int | float | None = None
    effect: Effect
    meaning: str
    meaning_zh: str
    null_means: str
    reason_en: str
    reason_zh: str


def span(months: int) -> str:
    """Return a window of calendar months in words."""
    return "this month" if months == 1 else f"the last {months} months"


def span_zh(months: int) -> str:
    """Return a window of calendar months in Chinese."""
    return "本月" if months == 1 else f"最近{months}个月"
