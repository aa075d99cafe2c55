"""Reasons by removal: the smallest set of constraints without which a limit would be another."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transforms.deciding.bounds import CUTTING, NO_LOWER, NO_UPPER, GuardBounds
from transforms.deciding.candidates import HIGHEST, NET, PROFIT, Chooser
from transforms.policies.guards import CLASSES

PORTFOLIO_BUDGET = "PORTFOLIO_BUDGET"
NO_PROFITABLE_RAISE = "NO_PROFITABLE_RAISE"
SYSTEM_CONSTRAINTS = (PORTFOLIO_BUDGET, NO_PROFITABLE_RAISE)  # last among sets of equal size
_CRITERIA = ((NET, ()), (PROFIT, (0,)), (HIGHEST, (1,)))
_FIRST = -NO_UPPER  # tighter than any amount


@dataclass(frozen=True, slots=True)
class Outcome:
    """Limits and what they were chosen from.

    Attributes:
        limit_cents: Chosen limits.
        unguarded_cents: What would have been chosen without any guard.
        lower_cents, upper_cents: The bounds.
    """

    limit_cents: np.ndarray
    unguarded_cents: np.ndarray
    lower_cents: np.ndarray
    upper_cents: np.ndarray


def choice(guards: GuardBounds, chooser: Chooser, criterion: str = NET) -> Outcome:
    """Choose every line's limit between its bounds, and as if there were none."""
    rows = np.arange(len(guards.before))
    lower, upper = guards.combined()
    free_lower, free_upper = guards.without(np.ones(guards.upper.shape, bool)).combined()
    return Outcome(
        chooser.choose(rows, lower, upper, criterion),
        chooser.choose(rows, free_lower, free_upper, criterion),
        lower,
        upper,
    )


def deciding(
    guards: GuardBounds, chooser: Chooser, outcome: Outcome, asked: np.ndarray
) -> np.ndarray:
    """Find the smallest set of constraints whose joint removal changes each limit.

    A limit at or below the unguarded one is held down by upper bounds, and if it was not lowered
    also by the line price or the lack of profit; a limit above it is held up by lower bounds.
    Every guard is a bound, so removing it matters only together with every tighter bound: it is
    enough to try, for each amount, the guards that are tighter than it.

    Args:
        guards: What each guard says about each line.
        chooser: How a limit is chosen between bounds.
        outcome: What was chosen with every constraint in place.
        asked: True for lines whose reasons are wanted.

    Returns:
        One row per line, one column per guard, then one per SYSTEM_CONSTRAINTS: True if it
        belongs to the set. Of two sets of equal size the one earlier by class, then by name;
        all False if no removal changes the limit.
    """
    chosen = np.zeros((len(guards.before), len(guards.names) + len(SYSTEM_CONSTRAINTS)), bool)
    down = outcome.limit_cents > outcome.unguarded_cents
    for from_above in (True, False):
        rows = np.flatnonzero(asked & (down != from_above))
        search = _Search(guards.at(rows), chooser, rows, outcome.limit_cents[rows], from_above)
        chosen[rows] = search.smallest()
    return chosen


class _Search:
    """Tries removals of growing size until every line has one that changes its limit."""

    def __init__(
        self,
        guards: GuardBounds,
        chooser: Chooser,
        rows: np.ndarray,
        limit_cents: np.ndarray,
        from_above: bool,
    ):
        self.guards = guards
        self.chooser = chooser
        self.rows = rows
        self.limit = limit_cents
        # Tightness ascends: the guard to be removed first has the smallest value.
        self.tightness = guards.upper if from_above else -guards.lower
        self.none = NO_UPPER if from_above else -NO_LOWER
        self.criteria = _CRITERIA if from_above else _CRITERIA[:1]
        self.lowered = limit_cents < guards.before  # not for want of a profitable raise
        # A bound of the other side that a higher class overruled comes back once that is gone.
        if from_above:
            highest = np.maximum(guards.lower.max(axis=1, initial=NO_LOWER), guards.before)
            self.opposed = highest > limit_cents
        else:
            self.opposed = guards.upper.min(axis=1, initial=NO_UPPER) < limit_cents

    def smallest(self) -> np.ndarray:
        """Return the smallest set of each line, as `deciding` does."""
        guards = len(self.guards.names)
        found = np.zeros((len(self.rows), guards + len(SYSTEM_CONSTRAINTS)), bool)
        open_ = np.ones(len(self.rows), bool)
        fired = (self.tightness < self.none).sum(axis=1)
        for size in range(1, int(fired.max(initial=0)) + 2):
            better = np.zeros_like(found)
            for at, removed, toggles in self._removals(size, open_):
                changes = self._changes(at, removed, toggles)
                sets = np.zeros((len(at), found.shape[1]), bool)
                sets[:, :guards] = removed
                sets[:, [guards + t for t in toggles]] = True
                at, sets = at[changes], sets[changes]
                better[at] = _earlier(better[at], sets)
            done = better.any(axis=1)
            found[done] = better[done]
            open_ &= ~done
        return found

    def _removals(
        self, size: int, open_: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, ...]]]:
        """Yield lines, the guards to remove from each, and which system constraints besides."""
        for _, toggles in self.criteria:
            lines = np.flatnonzero(open_ & ~self.lowered if toggles else open_)
            yield from self._tightest(lines, self.tightness[lines], size, toggles)
            waiting = lines[self.opposed[lines]]
            for tightness in self._orders(waiting) if len(waiting) else ():
                yield from self._tightest(waiting, tightness, size, toggles)

    def _orders(self, at: np.ndarray) -> Iterator[np.ndarray]:
        """Yield further orders of removal, for lines where a bound of the other side waits.

        It comes back once the higher classes that overruled it are gone, whatever lower classes
        say; and the present limit comes back once no guard of class risk or fraud demands a cut.
        """
        plain = self.tightness[at]
        classes = self.guards.classes
        demands = self.guards.upper[at] < self.guards.before[at][:, None]
        cuts = demands & np.isin(classes, CUTTING) & (plain < self.none)
        for last in range(len(CLASSES)):
            higher = np.where(classes <= last, plain, self.none)
            yield higher
            yield np.where(cuts, _FIRST, higher)

    def _tightest(
        self, at: np.ndarray, tightness: np.ndarray, size: int, toggles: tuple[int, ...]
    ) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, ...]]]:
        """Yield the lines with guards that are tighter than all others and fill up `size`."""
        count = size - len(toggles)
        if count == 0:
            yield at, np.zeros(tightness.shape, bool), toggles
        elif len(at) and count <= tightness.shape[1]:
            beyond = np.full((len(at), 1), self.none)
            ordered = np.hstack([np.sort(tightness, axis=1), beyond])
            last = ordered[:, count - 1]
            apart = (last < self.none) & (last < ordered[:, count])
            if apart.any():
                yield at[apart], (tightness <= last[:, None])[apart], toggles

    def _changes(self, at: np.ndarray, removed: np.ndarray, toggles: tuple[int, ...]) -> np.ndarray:
        criterion = next(name for name, which in self.criteria if which == toggles)
        lower, upper = self.guards.at(at).without(removed).combined()
        limit = self.chooser.choose(self.rows[at], lower, upper, criterion)
        return limit != self.limit[at]


def _earlier(known: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return, line by line, the set that is earlier by class and name; none is latest."""
    differs = known != sets
    first = differs.argmax(axis=1)
    mine = sets[np.arange(len(sets)), first] & differs.any(axis=1)
    return np.where(mine[:, None], sets, known)
