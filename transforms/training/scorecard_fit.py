"""A points scorecard fitted to outcomes: weights of evidence, whole points, a table of PDs."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import minimize

from transforms.features.feature import Dimension
from transforms.scoring.scorecard import SOCIAL_POINTS_AT_MOST, Bin, Scorecard, ScoredFeature
from transforms.training.binning import Binned, binned
from transforms.training.calibration import calibrated
from transforms.training.candidates import Sample, candidates

PDO = 20  # points that double the odds
BASE_POINTS, BASE_ODDS = 600, 50  # 600 points are 50 good to 1 bad
_FACTOR = PDO / np.log(2)
_LEAST_INFORMATION = 0.01
_LEAST_SPREAD = 3  # points between best and worst bin
_PENALTY = 1.0
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class About:
    """What a scorecard says of itself; see `Scorecard`."""

    name: str
    effective_from: date
    source: str
    label_id: str
    horizon_months: int
    calibrated_to: str


def fitted(sample: Sample, about: About) -> Scorecard:
    """Fit a scorecard.

    A weight is never negative, so that every feature keeps its declared direction, and a feature
    that others make superfluous drops out.

    Args:
        sample: Accounts with outcomes of both classes.
        about: What it says of itself.

    Returns:
        The scorecard: 600 points stand for odds of 50 to 1 before calibration, 20 double them.
    """
    cut = [binned(one, sample.column(one.name), sample.bad) for one in candidates(sample)]
    cut = [one for one in cut if one and one.information >= _LEAST_INFORMATION]
    intercept, weights = _weights(cut, sample)
    while cut and (weak := _weakest(cut, weights)) is not None:
        cut.pop(weak)
        intercept, weights = _weights(cut, sample)
    factors = _factors(cut, weights)
    scored = tuple(_scored(one, factor) for one, factor in zip(cut, factors, strict=True))
    base = round(BASE_POINTS - _FACTOR * (np.log(BASE_ODDS) + intercept))
    points = base + _sum_of(scored, sample)
    return Scorecard(
        name=about.name,
        effective_from=about.effective_from,
        source=about.source,
        label_id=about.label_id,
        horizon_months=about.horizon_months,
        calibrated_to=about.calibrated_to,
        base_points=base,
        pd_ppm=_pd_rows(points, sample.bad),
        features=scored,
    )


def total_points(scorecard: Scorecard, sample: Sample) -> np.ndarray:
    """Return the points of each account."""
    return scorecard.base_points + _sum_of(scorecard.features, sample)


def pd_of(scorecard: Scorecard, sample: Sample) -> np.ndarray:
    """Return the PD that the points of each account stand for, to the ppm."""
    points, ppm = np.array(scorecard.pd_ppm).T
    return np.floor(np.interp(total_points(scorecard, sample), points, ppm)) / _PPM


def _sum_of(scored: tuple[ScoredFeature, ...], sample: Sample) -> np.ndarray:
    points = (_points(one, sample.column(one.name)) for one in scored)
    return sum(points, start=np.zeros(len(sample.bad), int))


def _points(scored: ScoredFeature, values: np.ndarray) -> np.ndarray:
    """Return the points of each value of a feature, NaN being unknown."""
    edges = [one.at_most for one in scored.bins[:-1]]
    points = np.array([one.points for one in scored.bins])[np.searchsorted(edges, values)]
    return np.where(np.isnan(values), scored.null_points, points)


def _weights(cut: list[Binned], sample: Sample) -> tuple[float, np.ndarray]:
    """Fit log-odds of bad = intercept + sum of weight * woe, no weight below 0."""
    worth = np.column_stack(
        [np.ones(len(sample.bad)), *(one.worth(sample.column(one.feature.name)) for one in cut)]
    )

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = worth @ weights
        pd = 1 / (1 + np.exp(-log_odds))
        pull = np.append(0, weights[1:])
        return (
            np.logaddexp(0, log_odds).sum()
            - (sample.bad * log_odds).sum()
            + _PENALTY * (pull**2).sum(),
            worth.T @ (pd - sample.bad) + 2 * _PENALTY * pull,
        )

    start = np.full(worth.shape[1], 0.1)
    bounds = [(None, None)] + [(0, None)] * len(cut)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), found.x[1:]


def _weakest(cut: list[Binned], weights: np.ndarray) -> int | None:
    """Return the place of the feature that moves the score least, if that is too little."""
    spreads = [w * np.ptp(one.woe) * _FACTOR for one, w in zip(cut, weights, strict=True)]
    least = int(np.argmin(spreads))
    return least if spreads[least] < _LEAST_SPREAD else None


def _scored(one: Binned, factor: float) -> ScoredFeature:
    """Return a feature with whole points, given how many a unit of its weight of evidence is."""
    points = [round(-factor * woe) for woe in one.woe]
    whole = one.feature.dtype.is_integer()
    edges = [int(edge) if whole else edge for edge in one.edges]
    bins = []
    for edge, of_bin, after in zip([*edges, None], points, [*points[1:], None], strict=True):
        if of_bin != after:  # bins of equal points are one
            bins.append(Bin(edge, of_bin))
    null = round(-factor * one.null_woe)
    return ScoredFeature(
        name=one.feature.name,
        bins=tuple(bins),
        null_points=int(np.clip(null, min(points), max(points))),
        best_points=max(points),
    )


def _factors(cut: list[Binned], weights: np.ndarray) -> np.ndarray:
    """Return the points that a unit of each weight of evidence is; social data moves few in all."""
    factors = _FACTOR * weights
    is_social = np.array([one.feature.dimension == Dimension.SOCIAL for one in cut], bool)
    spread = sum(f * np.ptp(o.woe) for f, o, s in zip(factors, cut, is_social, strict=True) if s)
    most = SOCIAL_POINTS_AT_MOST - is_social.sum()  # each end may be rounded up by half a point
    return np.where(is_social, factors * min(1, most / spread if spread else 1), factors)


def _pd_rows(points: np.ndarray, bad: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return points and PD in ppm by ascending points, the PD falling with every row."""
    found = calibrated(-points.astype(float), bad)
    step = 10
    low, high = int(points.min()) // step * step, -(-int(points.max()) // step) * step
    at = np.arange(low, high + step, step)
    ppm = np.clip(np.round(_PPM * found.pd(-at.astype(float))), 1, _PPM - 1).astype(int)
    rows = [(int(at[0]), int(ppm[0]))]
    for here, now in zip(at[1:], ppm[1:], strict=True):
        if now < rows[-1][1]:
            rows.append((int(here), int(now)))
    if len(rows) == 1:
        rows.append((rows[0][0] + step, max(rows[0][1] - 1, 1)))
    return tuple(rows)
