"""Two clocks of a line: how far they lie apart, over a file."""

from collections import Counter
from typing import Any

import polars as pl

from transforms.mapping.expected import Expectation

_MINUTE = 60
_NEAR_MINUTES = 2
_FARTHEST_MINUTES = 3 * 24 * 60  # beyond three days it is no zone; all such lines are one bin


class ClocksApart:
    """How far two times of a line lie apart in one file.

    Args:
        expected: The pair, and how far apart it may lie.
    """

    def __init__(self, expected: Expectation):
        self._expected = expected
        self._beyond = 0
        self._minutes: Counter[int] = Counter()

    def add(self, seconds: pl.Series) -> None:
        """Count in what `Expectation.seconds_apart` says of a block of lines."""
        most = self._expected.thresholds["apart_at_most_seconds"]
        self._beyond += int((seconds.abs() > most).sum())
        minutes = (seconds // _MINUTE).clip(-_FARTHEST_MINUTES, _FARTHEST_MINUTES)
        self._minutes.update(dict(minutes.value_counts().iter_rows()))

    def to_plain(self) -> dict[str, Any]:
        """Return what the lake remembers, as JSON knows it.

        Returns:
            `measure`; `lines` that have both times; `median_seconds`, in whole minutes; `near`,
            lines within two minutes of it; `beyond`, lines further apart than declared.
        """
        median = self._median()
        around = range(median - _NEAR_MINUTES, median + _NEAR_MINUTES + 1)
        return {
            "measure": self._expected.measure,
            "lines": self._minutes.total(),
            "median_seconds": median * _MINUTE,
            "near": sum(self._minutes[minute] for minute in around),
            "beyond": self._beyond,
        }

    def _median(self) -> int:
        """Return the lower median, in minutes; 0 without lines."""
        left = (self._minutes.total() + 1) // 2
        for minute, count in sorted(self._minutes.items()):
            left -= count
            if left <= 0:
                return minute
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClocksApart) and self.to_plain() == other.to_plain()

    __hash__ = None
