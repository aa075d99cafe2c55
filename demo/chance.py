"""Chance: random numbers that depend on who, when and what for, and on nothing drawn before.

Every number is a hash of (seed, month, purpose, person, draw). So two policies meet the same
people, and a month can be written alone. Bell curves come from tables of rounded quantiles,
never from `exp` or `log` of a drawn number, whose last bit differs between machines.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

_QUANTILES = 4096
_SPREAD_PERSON = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_DRAW = np.uint64(0xD1B54A32D192ED03)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_NORMAL = np.round(
    [NormalDist().inv_cdf((i + 0.5) / _QUANTILES) for i in range(_QUANTILES)], 6
).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Chance:
    """The draws of one month of one world; month 0 is for what never changes about a person."""

    seed: int
    month: int

    def bits(self, purpose: str, person: np.ndarray, draw: np.ndarray | int = 0) -> np.ndarray:
        """Return 64 random bits for each person and draw."""
        key = np.uint64(_key(self.seed, self.month, purpose))
        with np.errstate(over="ignore"):
            turn = np.asarray(draw).astype(np.uint64) * _SPREAD_DRAW
            x = person.astype(np.uint64) * _SPREAD_PERSON + turn + key
            for shift, factor in zip((30, 27), _MIX, strict=True):
                x = (x ^ (x >> np.uint64(shift))) * factor
        return x ^ (x >> np.uint64(31))

    def uniform(self, purpose: str, person: np.ndarray, draw: np.ndarray | int = 0) -> np.ndarray:
        """Return numbers in [0, 1)."""
        return (self.bits(purpose, person, draw) >> np.uint64(11)) * 2.0**-53

    def happens(self, purpose: str, person: np.ndarray, probability) -> np.ndarray:
        """Return True with the given probability."""
        return self.uniform(purpose, person) < probability

    def normal(self, purpose: str, person: np.ndarray, draw: np.ndarray | int = 0) -> np.ndarray:
        """Return numbers of a standard normal distribution."""
        return _NORMAL[self.whole(purpose, person, _QUANTILES, draw)]

    def spread(
        self, purpose: str, person: np.ndarray, sigma: float, draw: np.ndarray | int = 0
    ) -> np.ndarray:
        """Return positive factors of mean 1, lognormal with the given sigma."""
        return _lognormal(sigma)[self.whole(purpose, person, _QUANTILES, draw)]

    def whole(
        self, purpose: str, person: np.ndarray, below, draw: np.ndarray | int = 0
    ) -> np.ndarray:
        """Return whole numbers from 0 to `below` - 1, all equally likely."""
        return np.floor(self.uniform(purpose, person, draw) * below).astype(np.int64)

    def pick(
        self, purpose: str, person: np.ndarray, weights, draw: np.ndarray | int = 0
    ) -> np.ndarray:
        """Return positions in `weights`, as likely as their weight."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        drawn = self.uniform(purpose, person, draw) * edges[-1]
        return np.minimum(np.searchsorted(edges, drawn, side="right"), len(edges) - 1)

    def count(self, purpose: str, person: np.ndarray, mean, sigma: float = 0.5) -> np.ndarray:
        """Return how often something happens: whole numbers with the given mean."""
        expected = np.minimum(mean * self.spread(purpose, person, sigma), 400)
        return np.floor(expected + self.uniform(purpose, person, 1)).astype(np.int64)


@lru_cache(maxsize=65_536)
def _key(seed: int, month: int, purpose: str) -> int:
    digest = hashlib.blake2b(f"{seed}/{month}/{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@lru_cache
def _lognormal(sigma: float) -> np.ndarray:
    raised = [math.exp(sigma * z - sigma * sigma / 2) for z in _NORMAL.tolist()]
    return np.round(raised, 6)


def repeated(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (position, turn) of every happening, when position i happens `counts[i]` times."""
    position = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return position, np.arange(len(position)) - first[position]
