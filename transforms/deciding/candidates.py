"""Candidates: the limits that a line may be given, what each is worth, and the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from transforms.deciding.bounds import NO_UPPER
from transforms.policies.economics import BPS, PPM, Economics, Position, expected
from transforms.policies.policy import LineRules
from transforms.policies.segment_rules import SegmentRules

NET = "net"  # profit after the line price
PROFIT = "profit"  # profit as if there were no portfolio budget
HIGHEST = "highest"  # the highest limit, as if profit did not matter
_WORST = np.iinfo(np.int64).min


class Chooser(Protocol):
    """Something that picks the limit of each line between two bounds."""

    def choose(
        self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray, criterion: str
    ) -> np.ndarray:
        """Return the limit, in cents, of the lines at positions `rows`."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps of the ladder for each line: one row per line, one column per step.

    Attributes:
        steps_bps: Steps against the present limit, ascending.
        odds_factor_ppm: Factor on the odds of default at each step.
    """

    steps_bps: np.ndarray
    odds_factor_ppm: np.ndarray


def ladder_of(segment: np.ndarray, rules: Sequence[SegmentRules]) -> Ladder:
    """Return the ladder of each line; `segment` says which of `rules` is its own."""
    longest = max(len(rule.ladder_bps) for rule in rules)
    steps = np.array([_padded(rule.ladder_bps, longest) for rule in rules], np.int64)
    factors = np.array([_padded(rule.odds_factor_ppm, longest) for rule in rules], np.int64)
    return Ladder(steps[segment], factors[segment])


def _padded(values: tuple[int, ...], length: int) -> tuple[int, ...]:
    return values + values[-1:] * (length - len(values))  # a step twice is one candidate


def steps_of(before: np.ndarray, ladder: Ladder, line: LineRules) -> tuple[np.ndarray, np.ndarray]:
    """Return the amount of every step, and whether the change is large enough to be made.

    Returns:
        Cents, rounded down (holding keeps the exact amount), and Booleans; one column per step.
    """
    steps = ladder.steps_bps
    exact = before[:, None] * (BPS + steps) // BPS
    amounts = np.where(steps == 0, before[:, None], line.rounded_cents(exact))
    large = np.abs(amounts - before[:, None]) >= line.least_change_cents(before)[:, None]
    same_way = np.sign(amounts - before[:, None]) == np.sign(steps)
    return amounts, np.where(steps == 0, True, large & same_way)


class Candidates:
    """Every line's candidates: hold, the steps within bounds, and a bound that forces a move."""

    def __init__(self, position: Position, ladder: Ladder, line: LineRules, economics: Economics):
        self.position = position
        self.ladder = ladder
        self.line = line
        self.economics = economics
        self.amounts, self.usable = steps_of(position.limit_before_cents, ladder, line)
        self.worth = {name: np.empty_like(self.amounts) for name in (NET, PROFIT)}
        for step in range(self.amounts.shape[1]):
            outcome = expected(
                position, self.amounts[:, step], ladder.odds_factor_ppm[:, step], economics
            )
            self.worth[NET][:, step] = outcome.net_cents
            self.worth[PROFIT][:, step] = outcome.profit_cents
        self.worth[HIGHEST] = self.amounts

    def choose(
        self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray, criterion: str
    ) -> np.ndarray:
        """Return the candidate within bounds that is worth most; ties go to the smaller change.

        Args:
            rows: Positions of the lines.
            lower, upper: Bounds of these lines, cents.
            criterion: NET, PROFIT or HIGHEST.
        """
        before = self.position.limit_before_cents[rows]
        best = _Best(before)
        for step in range(self.amounts.shape[1]):
            amount = self.amounts[rows, step]
            within = self.usable[rows, step] & (amount >= lower) & (amount <= upper)
            best.try_out(within, amount, self.worth[criterion][rows, step])
        self._try_bound(best, rows, criterion, upper < before, self._rounded(lower, upper))
        self._try_bound(best, rows, criterion, lower > before, lower)
        return best.amount

    def odds_factor_at(self, rows: np.ndarray, limit_cents: np.ndarray) -> np.ndarray:
        """Return the factor at a limit: that of the lowest step which reaches it."""
        before = self.position.limit_before_cents[rows]
        factor = np.where(limit_cents <= before, PPM, self.ladder.odds_factor_ppm[rows, -1])
        for step in reversed(range(self.amounts.shape[1])):
            steps = self.ladder.steps_bps[rows, step]
            reaches = before * (BPS + steps) // BPS >= limit_cents
            factor = np.where(reaches, self.ladder.odds_factor_ppm[rows, step], factor)
        return factor

    def step_of(self, limit_cents: np.ndarray) -> np.ndarray:
        """Return the step of the ladder that each limit is, in bps; NO_UPPER if it is none."""
        found = np.full(len(limit_cents), NO_UPPER)
        for step in range(self.amounts.shape[1]):
            fits = self.usable[:, step] & (self.amounts[:, step] == limit_cents)
            found = np.where(fits & (found == NO_UPPER), self.ladder.steps_bps[:, step], found)
        return found

    def _rounded(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        down = self.line.rounded_cents(upper)
        return np.where(down >= lower, down, upper)

    def _try_bound(
        self, best: "_Best", rows: np.ndarray, criterion: str, forced: np.ndarray, limit: np.ndarray
    ) -> None:
        """Let a bound compete that the present limit breaks: no dead band may keep it out."""
        if not forced.any():
            return
        worth = np.full(len(rows), _WORST)
        moved, to = rows[forced], limit[forced]
        if criterion == HIGHEST:
            worth[forced] = to
        else:
            factor = self.odds_factor_at(moved, to)
            outcome = expected(self.position.at(moved), to, factor, self.economics)
            worth[forced] = outcome.net_cents if criterion == NET else outcome.profit_cents
        best.try_out(forced, limit, worth)


class _Best:
    """The best candidate so far: most worth, then the smaller change, then the lower limit."""

    def __init__(self, before: np.ndarray):
        self.before = before
        self.amount = before.copy()
        self.worth = np.full(len(before), _WORST)
        self.change = np.full(len(before), NO_UPPER)

    def try_out(self, allowed: np.ndarray, amount: np.ndarray, worth: np.ndarray) -> None:
        change = np.abs(amount - self.before)
        smaller = (change < self.change) | ((change == self.change) & (amount < self.amount))
        wins = allowed & ((worth > self.worth) | ((worth == self.worth) & smaller))
        self.amount = np.where(wins, amount, self.amount)
        self.worth = np.where(wins, worth, self.worth)
        self.change = np.where(wins, change, self.change)
