"""Which features may enter a trained score, and what it is fitted on."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import polars_hash  # noqa: F401  (registers `chash`)

from transforms.features.catalogue import CATALOGUE
from transforms.features.feature import Dimension, Effect, Feature

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """Accounts with a known outcome, at the month end at which they were scored.

    Attributes:
        features: One row each: `user_id` and the features of the catalogue.
        bad: 1 or 0 of each.
    """

    features: pl.DataFrame
    bad: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """Return a feature as floats, NaN where unknown."""
        return self.features[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    def matrix(self, features: tuple[Feature, ...]) -> np.ndarray:
        """Return features side by side, one column each."""
        return np.column_stack([self.column(feature.name) for feature in features])

    def part(self, parts: int) -> np.ndarray:
        """Return in which of so many parts each account is: all months of a user are in one."""
        name = pl.concat_str(pl.lit(f"{parts} parts: "), "user_id")
        hashed = name.chash.sha2_256().str.head(8).str.to_integer(base=16, dtype=pl.Int64())
        return self.features.select((hashed % parts).alias("part"))["part"].to_numpy()

    def at(self, places: np.ndarray) -> "Sample":
        """Return some of the accounts."""
        return Sample(self.features[places], self.bad[places])


def candidates(sample: Sample) -> tuple[Feature, ...]:
    """Return the features that may enter and that say anything here, by name.

    Context is never scored, a feature of no declared direction neither. The limit's level is no
    feature, and amounts of the line itself, which follow the limit, are left out.
    """
    return tuple(
        feature
        for feature in sorted(CATALOGUE, key=lambda feature: feature.name)
        if feature.dimension != Dimension.CONTEXT
        and feature.effect != Effect.NEITHER
        and sample.features[feature.name].drop_nulls().n_unique() > 1
    )
