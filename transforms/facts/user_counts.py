"""Events counted by user in integer matrices, a row per user: exact, in any order of events.

One pass over a column fills all its cells, where a filtered aggregation takes a pass per cell.
`which` are the places of the events meant; values and cells are theirs, in their order.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

# Sums are added up as floats, which are exact below 2^53: so an amount is added in two halves.
_LOW_BITS = 26
_NOTHING = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Users:
    """The users of a run of events.

    Attributes:
        names: One per user, in their order.
        begins: Where the events of each begin.
        of_event: For each event the place of its user in `names`.
    """

    names: pl.Series
    begins: np.ndarray
    of_event: np.ndarray

    @classmethod
    def of(cls, user_ids: pl.Series) -> "Users":
        """Return the users of events that are sorted by user."""
        runs = user_ids.rle().struct.unnest()
        lengths = runs["len"].to_numpy()
        begins = np.cumsum(lengths, dtype=np.int64) - lengths
        return cls(runs["value"], begins, np.repeat(np.arange(len(lengths)), lengths))

    def count(self, which: np.ndarray) -> np.ndarray:
        """Return how many events each user has."""
        return np.bincount(self.of_event[which], minlength=len(self.names))

    def counts(self, which: np.ndarray | slice, cell: np.ndarray, cells: int) -> np.ndarray:
        """Return how many events each user has in each cell: a row per user, a column per cell."""
        return self._filled(which, cell, cells, None)

    def sums(
        self, which: np.ndarray | slice, amounts: np.ndarray, cell: np.ndarray | int, cells: int
    ) -> np.ndarray:
        """Return the sum of integer amounts of each user in each cell, as `counts` does."""
        high = self._filled(which, cell, cells, amounts >> _LOW_BITS).astype(np.int64)
        low = self._filled(which, cell, cells, amounts & ((1 << _LOW_BITS) - 1))
        return (high << _LOW_BITS) + low.astype(np.int64)

    def largest(self, which: np.ndarray, amounts: np.ndarray) -> pl.Series:
        """Return each user's largest amount; null without one."""
        found = np.full(len(self.names), _NOTHING)
        np.maximum.at(found, self.of_event[which], amounts)
        return pl.Series(found).replace(_NOTHING, None)

    def last(self, which: np.ndarray, values: np.ndarray, *order: np.ndarray) -> pl.Series:
        """Return each user's last value in this order; null without one."""
        user = self.of_event[which]
        by_order = np.lexsort((*reversed(order), user))
        is_last = np.diff(user[by_order], append=len(self.names)) > 0
        found = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(self.names))
        return found.scatter(user[by_order][is_last], values[by_order][is_last])

    def different(self, which: np.ndarray, code: np.ndarray) -> np.ndarray:
        """Return how many different codes, below 2^32, each user has."""
        pairs = pl.Series((self.of_event[which] << 32) | code).unique().to_numpy()
        return np.bincount(pairs >> 32, minlength=len(self.names))

    def marks(self, which: np.ndarray, bit: np.ndarray) -> np.ndarray:
        """Return each user's mask of bits, 0 to 31."""
        seen = np.zeros((len(self.names), 32), bool)
        seen[self.of_event[which], bit] = True
        return np.packbits(seen, axis=1, bitorder="little").view("<u4").ravel()

    def _filled(self, which, cell, cells: int, weights: np.ndarray | None) -> np.ndarray:
        place = self.of_event[which] * cells + cell
        filled = np.bincount(place, weights, minlength=len(self.names) * cells)
        return filled.reshape(len(self.names), cells)
