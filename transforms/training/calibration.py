"""Calibration: from a figure of risk to a probability, by a line with a few bends."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

_KNOTS = 8
_PENALTY = 1e-3
_NEAR = 1e-6
_DECIMALS = 6  # of what is kept; a PD is told to the ppm


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds of bad at a few figures; straight between them, and beyond the ends as at them.

    Attributes:
        knots: Figures, ascending.
        log_odds: At each of them, never falling.
    """

    knots: np.ndarray
    log_odds: np.ndarray

    def pd(self, figure: np.ndarray) -> np.ndarray:
        """Return the probability of bad at each figure."""
        return _logistic(np.interp(figure, self.knots, self.log_odds))

    def to_plain(self) -> dict[str, list[float]]:
        """Return it as JSON knows it: `figures` and `log_odds` of bad at each."""
        return {"figures": self.knots.tolist(), "log_odds": self.log_odds.tolist()}


def calibrated(figure: np.ndarray, bad: np.ndarray, knots: int = _KNOTS) -> Calibration:
    """Fit the probability of bad to a figure of risk by maximum likelihood.

    Args:
        figure: Rises with the risk.
        bad: 1 or 0 of each account; both occur.
        knots: Bends of the line at most, at quantiles of the figure.
    """
    at = np.unique(np.quantile(figure, np.linspace(0, 1, knots)).round(_DECIMALS))
    if len(at) == 1:
        rate = bad.mean()
        return Calibration(at, np.array([np.log(rate / (1 - rate))]))
    share = _shares(figure, at)

    def loss(steps: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = share @ np.cumsum(steps)
        pd = _logistic(log_odds)
        bends = np.diff(steps[1:] / np.diff(at))
        worth = np.logaddexp(0, log_odds).sum() - (bad * log_odds).sum()
        slope = np.cumsum((share.T @ (pd - bad))[::-1])[::-1]
        worth += _PENALTY * (bends**2).sum()
        bent = np.zeros(len(steps))
        pull = 2 * _PENALTY * bends / 1
        bent[2:] += pull / np.diff(at)[1:]
        bent[1:-1] -= pull / np.diff(at)[:-1]
        return worth, slope + bent

    rate = np.clip(bad.mean(), _NEAR, 1 - _NEAR)
    start = np.full(len(at), 0.1)
    start[0] = np.log(rate / (1 - rate)) - 0.05 * len(at)
    bounds = [(None, None)] + [(0, None)] * (len(at) - 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(at, np.cumsum(found.x).round(_DECIMALS))


def _shares(figure: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return for each account how much of each knot it has."""
    place = np.clip(np.searchsorted(at, figure, side="right") - 1, 0, len(at) - 2)
    part = np.clip((figure - at[place]) / (at[place + 1] - at[place]), 0, 1)
    share = np.zeros((len(figure), len(at)))
    rows = np.arange(len(figure))
    share[rows, place] = 1 - part
    share[rows, place + 1] = part
    return share


def _logistic(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))
