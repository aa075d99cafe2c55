"""The catalogue: every feature, the table they make, and its evaluation."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from transforms.features import (
    account_activity,
    context,
    credit_history,
    repayment,
    social,
    spending,
)
from transforms.features.feature import Dimension, Feature
from transforms.features.history import Coverage, Months, side_by_side, user_rows, with_devices
from transforms.months import last_day
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS
from transforms.tables.logs import ACCOUNT_TYPES, CREDIT_TYPES, MONEY_TYPES, VOICE_TYPES
from transforms.tables.table import AS_OF, USER, Column, Table

CATALOGUE: tuple[Feature, ...] = (
    *credit_history.FEATURES,
    *repayment.FEATURES,
    *spending.FEATURES,
    *account_activity.FEATURES,
    *social.FEATURES,
    *context.FEATURES,
)

FEATURES = Table(
    name="features",
    meaning="One row is what is known of one user at the month's end; null is unknown.",
    kind="decisions",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        *(
            Column(
                name=feature.name,
                dtype=feature.dtype,
                meaning=feature.meaning,
                meaning_zh=feature.meaning_zh,
                unit=feature.unit,
                lowest=feature.lowest,
                highest=feature.highest,
            )
            for feature in CATALOGUE
        ),
    ),
)

_SPENDING_TYPES = ("purchase", "refund")
_FAMILIES = {
    **dict.fromkeys(CREDIT_TYPES, Dimension.CREDIT_HISTORY.value),
    **dict.fromkeys(
        (*MONEY_TYPES, *ACCOUNT_TYPES, *VOICE_TYPES, "credential_leak"),
        Dimension.ACCOUNT_ACTIVITY.value,
    ),
    **dict.fromkeys(_SPENDING_TYPES, Dimension.SPENDING.value),
    **dict.fromkeys(("social_interaction", "external_score"), Dimension.SOCIAL.value),
}


def families_of(event_types: Iterable[str]) -> frozenset[str]:
    """Return the dimensions that events of these types belong to; context belongs to none."""
    return frozenset(_FAMILIES[name] for name in event_types if name in _FAMILIES)


def features(
    activity: Months,
    credit_months: Months,
    accounts: pl.LazyFrame,
    segment_norms: pl.LazyFrame,
    shared_devices: pl.LazyFrame,
    instructions: pl.LazyFrame,
    month: date,
    coverage: Coverage,
    catalogue: Iterable[Feature] = CATALOGUE,
) -> pl.DataFrame:
    """Evaluate the catalogue for every account of the month.

    A window counts what the lake knows of it: an account without a row in a known month did
    nothing in it, and months before the lake's first one add nothing. Where a comparison needs
    whole months that are not known, or the lake never saw an event of the feature's dimension,
    the value is null.

    Args:
        activity, credit_months: By month, at most one row per user; months other than the 13
            that end with `month` are not read.
        accounts: One row per user and month; those of `month` are evaluated.
        segment_norms: One row per cell and month; the 12 months before `month` are read.
        shared_devices: One row per device and month; the 3 months before `month` are read.
        instructions: Every one recorded; those recorded before the decision date are read.
        month: First day of the month observed.
        coverage: What the lake can know at all.
        catalogue: What to evaluate, if not all of it.

    Returns:
        FEATURES: one row per user of `accounts`, sorted by `user_id`; of a part of the catalogue
        those columns.
    """
    formulas = [
        (feature.formula if _is_known(feature, coverage.families) else pl.lit(None))
        .cast(feature.dtype)
        .alias(feature.name)
        for feature in catalogue
    ]
    users = user_rows(accounts, segment_norms, instructions, month, coverage).collect()
    months = {ACTIVITY.name: activity, CREDIT_MONTHS.name: credit_months}
    history = with_devices(side_by_side(users, months, month, formulas), shared_devices, month)
    as_of = pl.lit(last_day(month)).alias("as_of")
    # Lazily, because formulas share their sums.
    return history.lazy().select(as_of, "user_id", *formulas).collect()


def _is_known(feature: Feature, families: frozenset[str]) -> bool:
    return feature.dimension == Dimension.CONTEXT or feature.dimension.value in families


def catalogue_text() -> str:
    """Return the whole catalogue as text, the same for the same catalogue, for a fingerprint."""
    return "\n".join(
        " | ".join(
            (
                feature.name,
                feature.dimension.value,
                str(feature.dtype),
                feature.unit,
                f"{feature.lowest}..{feature.highest}",
                feature.effect.value,
                feature.written,
                str(feature.formula),
            )
        )
        for feature in CATALOGUE
    )
