"""Bounds: the lowest and the highest limit that all guards of a line leave, class by class."""

from dataclasses import dataclass

import numpy as np

from transforms.policies.guards import CLASSES

NO_UPPER = np.int64(2**62)  # a guard that sets no upper bound
NO_LOWER = np.int64(-1)  # a guard that sets no lower bound
_STABILITY = CLASSES.index("stability")
# Guards of these classes may demand a cut whose depth the economics then choose.
CUTTING = tuple(CLASSES.index(name) for name in ("fraud", "risk"))


@dataclass(frozen=True, slots=True)
class GuardBounds:
    """What each guard says about each line.

    Attributes:
        names: Guards, ordered by class and then by name.
        classes: Class of each guard, as its place in CLASSES.
        upper, lower: One row per line, one column per guard: cents, NO_UPPER or NO_LOWER.
        before: Present limit of each line, cents.
    """

    names: tuple[str, ...]
    classes: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    before: np.ndarray

    def at(self, rows: np.ndarray) -> "GuardBounds":
        """Return the lines at these positions."""
        return GuardBounds(
            self.names, self.classes, self.upper[rows], self.lower[rows], self.before[rows]
        )

    def without(self, removed: np.ndarray) -> "GuardBounds":
        """Return the bounds as if the guards marked True in `removed` had not fired."""
        return GuardBounds(
            self.names,
            self.classes,
            np.where(removed, NO_UPPER, self.upper),
            np.where(removed, NO_LOWER, self.lower),
            self.before,
        )

    def combined(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and the upper bound of each line, in cents.

        Classes are applied in order; a later one may tighten what the earlier ones left, never
        loosen it, so the lower bound never exceeds the upper one. Within a class the upper bound
        comes first, which is the cautious way. Before the last class, the present limit, or what
        law, customer and officer leave of it, becomes the lower bound, unless a guard of class
        risk or fraud demands less: profit alone never lowers anybody.
        """
        lower = np.zeros(len(self.before), np.int64)
        upper = np.full(len(self.before), NO_UPPER)
        for rank in range(len(CLASSES)):
            if rank == _STABILITY:
                kept = np.maximum(lower, np.minimum(upper, self.before))
                lower = np.where(self._cut_demanded(), lower, kept)
            of_class = self.classes == rank
            if of_class.any():
                most = self.upper[:, of_class].min(axis=1)
                least = self.lower[:, of_class].max(axis=1)
                upper = np.maximum(lower, np.minimum(upper, most))
                lower = np.minimum(upper, np.maximum(lower, least))
        return lower, upper

    def _cut_demanded(self) -> np.ndarray:
        cutting = np.isin(self.classes, CUTTING)
        return self.upper[:, cutting].min(axis=1, initial=NO_UPPER) < self.before
