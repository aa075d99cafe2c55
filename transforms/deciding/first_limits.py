"""First limits: what an applicant is granted, from income evidence and PD."""

from dataclasses import dataclass

import numpy as np

from transforms.policies.economics import BPS
from transforms.policies.policy import LineRules
from transforms.policies.segment_rules import SegmentRules

DECLINED_RISK = "DECLINED_RISK"
INCOME_TOO_LOW = "INCOME_TOO_LOW"
UNKNOWN = -1  # income without evidence


@dataclass(frozen=True, slots=True)
class FirstLimits:
    """First limits of applicants, before guards.

    Attributes:
        base_cents: What income and PD allow, never below the floor.
        declined_risk: The PD lies above the last band, or is unknown.
        income_too_low: The share of the income lies below the smallest limit.
        floor_cents, round_to_cents: Smallest limit granted, and its rounding.
    """

    base_cents: np.ndarray
    declined_risk: np.ndarray
    income_too_low: np.ndarray
    floor_cents: int
    round_to_cents: int

    def choose(
        self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray, criterion: str
    ) -> np.ndarray:
        """Return the first limit within bounds; 0 declines. The criterion does not matter."""
        down = np.minimum(self.base_cents[rows], upper) // self.round_to_cents * self.round_to_cents
        limit = np.maximum(down, lower)
        return np.where(limit < self.floor_cents, 0, limit)


def first_limits(
    income_cents: np.ndarray,
    pd_ppm: np.ndarray,
    segment: np.ndarray,
    rules: list[SegmentRules],
    line: LineRules,
) -> FirstLimits:
    """Compute min(cap, share of the monthly income, band of the PD); without evidence the starter.

    Args:
        income_cents: Monthly income or turnover by evidence; UNKNOWN without.
        pd_ppm: Probability of default; above 1,000,000 if unknown.
        segment: Which of `rules` each applicant's segment is.
        rules: Rules by segment.
        line: Rules of every line.
    """
    first = [rule.first_limit for rule in rules]
    share = np.array([rule.share_bps for rule in first], np.int64)[segment]
    starter = np.array([rule.starter_cents for rule in first], np.int64)[segment]
    cap = np.array([rule.cap_cents for rule in rules], np.int64)[segment]
    by_income = income_cents * share // BPS
    evidence = income_cents != UNKNOWN
    asked = np.minimum(np.where(evidence, by_income, starter), cap)
    most, declined = _band(pd_ppm, segment, rules)
    base = np.minimum(asked, np.where(declined, asked, most))
    return FirstLimits(
        base_cents=np.maximum(line.rounded_cents(base), line.floor_cents),
        declined_risk=declined,
        income_too_low=evidence & (by_income < line.floor_cents),
        floor_cents=line.floor_cents,
        round_to_cents=line.round_to_cents,
    )


def _band(
    pd_ppm: np.ndarray, segment: np.ndarray, rules: list[SegmentRules]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest amount of each PD's band, and whether the PD lies above the last."""
    most = np.zeros(len(pd_ppm), np.int64)
    declined = np.ones(len(pd_ppm), bool)
    for index, rule in enumerate(rules):
        for band in reversed(rule.first_limit.band):
            within = (segment == index) & (pd_ppm <= band.pd_at_most_ppm)
            most = np.where(within, band.at_most_cents, most)
            declined &= ~within
    return most, declined
