"""Binning: each feature cut where the bad rate changes, its bins in the declared direction."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from transforms.features.feature import Effect, Feature

_MOST_BINS = 7
_SMALLEST_BIN = 0.02
_FEWEST = 30
_DECIMALS = 3
_HALF = 0.5  # added to both counts, so that a pure bin has a finite weight


@dataclass(frozen=True, slots=True)
class Binned:
    """How one feature is cut.

    Attributes:
        feature: Which.
        edges: Largest value of each bin but the last, ascending.
        woe: Weight of evidence of each bin, ln of its odds of bad over all odds of bad; it rises
            or falls as the feature's declared direction demands.
        null_woe: Of unknown values, within those of the bins.
        information: Information value.
    """

    feature: Feature
    edges: tuple[float, ...]
    woe: tuple[float, ...]
    null_woe: float
    information: float

    def worth(self, values: np.ndarray) -> np.ndarray:
        """Return the weight of evidence of each value."""
        place = np.searchsorted(self.edges, values, side="left")
        return np.where(np.isnan(values), self.null_woe, np.take(self.woe, place, mode="clip"))


def binned(feature: Feature, values: np.ndarray, bad: np.ndarray) -> Binned | None:
    """Cut a feature; None if it says nothing.

    Args:
        feature: Its direction is kept.
        values: Of each account, NaN where unknown.
        bad: 1 or 0 of each.
    """
    known = ~np.isnan(values)
    edges = _edges(feature, values[known], bad[known])
    while edges:
        place = np.searchsorted(edges, values[known], side="left")
        woe, share = _woe(place, bad[known], len(edges) + 1, bad)
        sign = -1 if feature.effect == Effect.RAISES else 1
        wrong = [n for n, (low, high) in enumerate(pairwise(woe)) if (high - low) * sign <= 0]
        if not wrong:
            break
        edges.pop(wrong[0])
    if not edges:
        return None
    null = np.clip(_null_woe(~known, bad), min(woe), max(woe))
    information = float((share * woe).sum())
    return Binned(feature, tuple(edges), tuple(map(float, woe)), float(null), information)


def _edges(feature: Feature, values: np.ndarray, bad: np.ndarray) -> list[float]:
    from optbinning import OptimalBinning

    if len(values) < _FEWEST or len(np.unique(bad)) < 2 or len(np.unique(values)) < 2:
        return []
    trend = "descending" if feature.effect == Effect.RAISES else "ascending"
    cut = OptimalBinning(
        feature.name,
        monotonic_trend=trend,
        max_n_bins=_MOST_BINS,
        min_prebin_size=_SMALLEST_BIN,
        min_bin_size=_SMALLEST_BIN,
        max_n_prebins=40,
    )
    cut.fit(values, bad.astype(int))
    whole = feature.dtype.is_integer()
    # A value on a cut belongs above it there, and below it in a scorecard: no value lies on one.
    written = [float(np.ceil(x) - 1) if whole else round(float(x), _DECIMALS) for x in cut.splits]
    return sorted(set(written))


def _woe(
    place: np.ndarray, bad: np.ndarray, bins: int, every_bad: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each bin, and the share of the bad less that of the good."""
    bads = np.bincount(place, bad, bins)
    goods = np.bincount(place, 1 - bad, bins)
    odds = every_bad.sum() / (1 - every_bad).sum()
    woe = np.log((bads + _HALF) / (goods + _HALF) / odds)
    return woe, bads / every_bad.sum() - goods / (1 - every_bad).sum()


def _null_woe(unknown: np.ndarray, bad: np.ndarray) -> float:
    """Return the weight of unknown values; of a few it is none."""
    if unknown.mean() < _SMALLEST_BIN:
        return 0.0
    woe, _ = _woe(np.zeros(unknown.sum(), int), bad[unknown], 1, bad)
    return float(woe[0])
