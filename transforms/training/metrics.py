"""How well a score tells bad from good, and how true its probabilities are, with intervals."""

from collections.abc import Callable, Iterator

import numpy as np

BINS = 10
DRAWS = 500
_SEED = 20260901
Statistic = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def auc(pd: np.ndarray, bad: np.ndarray) -> float:
    """Return the chance that a bad account has a higher PD than a good one; a tie counts half.

    Args:
        pd: Of each account, or any figure that rises with the risk.
        bad: 1 or 0; both occur.
    """
    return _of_ranks(_ranks(pd), bad, np.ones(len(pd)))[0]


def ks(pd: np.ndarray, bad: np.ndarray) -> float:
    """Return the largest distance between the distributions of bad and good."""
    return _of_ranks(_ranks(pd), bad, np.ones(len(pd)))[1]


def _ranks(pd: np.ndarray) -> np.ndarray:
    """Return the rank of each account's PD, equal PDs sharing one."""
    return np.unique(pd, return_inverse=True)[1]


def _of_ranks(ranks: np.ndarray, bad: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return AUC and KS of accounts of which each counts `weight` times."""
    bads, every = np.bincount(ranks, weight * bad), np.bincount(ranks, weight)
    goods = every - bads
    below = np.cumsum(goods) - goods
    area = (bads * (below + goods / 2)).sum() / (bads.sum() * goods.sum())
    apart = np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum()
    return float(area), float(np.abs(apart).max())


def brier(pd: np.ndarray, bad: np.ndarray) -> float:
    """Return the mean squared error of the probabilities (Brier 1950)."""
    return float(((pd - bad) ** 2).mean())


def ece(pd: np.ndarray, bad: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error over bins of equal count (Naeini et al. 2015)."""
    parts = _equal_parts(pd, bins)
    errors = [len(part) * abs(pd[part].mean() - bad[part].mean()) for part in parts]
    return float(sum(errors) / len(pd))


def ece_of_perfect(pd: np.ndarray, bins: int = BINS, draws: int = DRAWS) -> float:
    """Return the 95 % point of `ece` of a score that is true: outcomes are drawn from its PDs."""
    chance = np.random.default_rng(_SEED)
    drawn = [ece(pd, chance.random(len(pd)) < pd, bins) for _ in range(draws)]
    return float(np.quantile(drawn, 0.95))


def decile_bad_rates(pd: np.ndarray, bad: np.ndarray) -> list[float]:
    """Return the bad rate of each tenth of the accounts, the riskiest first."""
    return [float(bad[part].mean()) for part in _equal_parts(-pd, BINS)]


def calibration_curve(pd: np.ndarray, bad: np.ndarray, bins: int = BINS) -> list[list[float]]:
    """Return mean PD and bad rate of parts of equal count, by ascending PD."""
    parts = _equal_parts(pd, bins)
    return [[round(float(pd[p].mean()), 5), round(float(bad[p].mean()), 5)] for p in parts]


def psi(before: np.ndarray, after: np.ndarray, bins: int = BINS) -> float:
    """Return the population stability index of a figure, in bins that hold `before` equally.

    A bin that is empty on one side counts as half a row there.
    """
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for figure in (before, after):
        counts = np.bincount(np.searchsorted(edges, figure), minlength=len(edges) + 1)
        shares.append(np.maximum(counts, 0.5) / len(figure))
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def intervals(
    pd: np.ndarray, bad: np.ndarray, draws: int = DRAWS
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the 95 % intervals of `auc` and `ks` over bootstrap samples of the accounts."""
    ranks = _ranks(pd)  # once, not for each sample
    found = np.array([_of_ranks(ranks, bad, weight) for weight in _resampled(bad, draws)])
    return _between(found[:, 0]), _between(found[:, 1])


def rate_interval(part: np.ndarray, whole: np.ndarray, draws: int = DRAWS) -> tuple[float, float]:
    """Return the 95 % interval of sum(part) / sum(whole) over bootstrap samples of the accounts."""
    rates = [
        (part * weight).sum() / (whole * weight).sum()
        for weight in _resampled(np.ones(len(whole)), draws)
        if (whole * weight).sum() > 0
    ]
    return _between(rates)


def _between(found: list[float] | np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _resampled(bad: np.ndarray, draws: int) -> Iterator[np.ndarray]:
    """Yield how often each account is drawn; a draw of one class only is drawn again."""
    chance = np.random.default_rng(_SEED)
    count, left = len(bad), draws
    both = 0 < bad.sum() < count
    while left:
        weight = np.bincount(chance.integers(count, size=count), minlength=count)
        if not both or 0 < (weight * bad).sum() < count:
            left -= 1
            yield weight


def _equal_parts(figure: np.ndarray, parts: int) -> list[np.ndarray]:
    """Return the places of the accounts in parts of equal count by a figure; ties as they stand."""
    return [p for p in np.array_split(np.argsort(figure, kind="stable"), parts) if len(p)]
