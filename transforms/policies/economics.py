"""Economics of a limit over 12 months: use, exposure, expected loss and profit, in integers.

The numbers are money times rates, rounded once. With cents up to 1e12, parts per million and basis
points, a plain product would leave 64 bits; so a rate is first brought to parts of 1e-10, split at
1e5, and money times rate is carried in units of 1e-5 cents.
"""

from dataclasses import dataclass

import numpy as np

PPM = 1_000_000
BPS = 10_000
PART = 100_000  # parts of a cent in which sums are carried


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """Numbers of a policy that price a limit.

    Attributes:
        funding_bps, opex_bps: Yearly cost of money, and of running a line, on the balance.
        lgd_bps: Share of the exposure lost at default.
        ccf_bps: Share of the unused limit that is drawn before a default.
        hurdle_bps, capital_ratio_bps: Return asked on capital, and capital held per exposure.
        marginal_use_bps: Share of an added limit that is drawn, the same for every user.
        initial_use_bps: Share of a first limit that is drawn.
        change_cost_cents: Cost of changing a limit.
        line_price_bps: Price of one added cent of limit, in place of a portfolio budget.
        source: Where the numbers come from.
    """

    funding_bps: int
    opex_bps: int
    lgd_bps: int
    ccf_bps: int
    hurdle_bps: int
    capital_ratio_bps: int
    marginal_use_bps: int
    initial_use_bps: int
    change_cost_cents: int
    line_price_bps: int
    source: str


@dataclass(frozen=True, slots=True)
class Position:
    """Lines before the decision, one element of each Int64 array per line.

    Attributes:
        limit_before_cents: Present limit; 0 for an applicant.
        balance_cents: Owed, never below 0.
        pd_ppm: Probability of default at the present limit.
        apr_bps: Yearly rate that is charged.
    """

    limit_before_cents: np.ndarray
    balance_cents: np.ndarray
    pd_ppm: np.ndarray
    apr_bps: np.ndarray

    def at(self, rows: np.ndarray) -> "Position":
        """Return the lines at these positions."""
        return Position(
            self.limit_before_cents[rows],
            self.balance_cents[rows],
            self.pd_ppm[rows],
            self.apr_bps[rows],
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What a limit is expected to bring within 12 months, one element per line.

    Attributes:
        pd_ppm: Probability of default at that limit.
        ead_cents: Exposure at default.
        loss_cents: PD times LGD times EAD.
        profit_cents: After funding, losses, capital and the cost of a change.
        net_cents: The same after the line price: what is maximised.
    """

    pd_ppm: np.ndarray
    ead_cents: np.ndarray
    loss_cents: np.ndarray
    profit_cents: np.ndarray
    net_cents: np.ndarray


def pd_at(pd_ppm: np.ndarray, odds_factor_ppm: np.ndarray) -> np.ndarray:
    """Return the PD whose odds are the odds of `pd_ppm` times a factor, rounded to ppm."""
    bad = pd_ppm * odds_factor_ppm
    whole = (PPM - pd_ppm) * PPM + bad
    return (bad * PPM + whole // 2) // whole


def expected(
    position: Position, limit_cents: np.ndarray, odds_factor_ppm: np.ndarray, economics: Economics
) -> Expected:
    """Compute what each line is expected to bring at `limit_cents`.

    Args:
        position: Lines before the decision.
        limit_cents: One limit per line, at most 1e12.
        odds_factor_ppm: Factor on the odds of default at that limit.
        economics: The policy's numbers.
    """
    before = position.limit_before_cents
    pd_ppm = pd_at(position.pd_ppm, odds_factor_ppm)
    used = _used(position, limit_cents, economics)
    ead = used + economics.ccf_bps * np.maximum(limit_cents - used, 0) // BPS
    margin = (PPM - pd_ppm) * (position.apr_bps - economics.funding_bps)
    loss = pd_ppm * economics.lgd_bps
    capital = economics.hurdle_bps * economics.capital_ratio_bps * (PPM // BPS)
    cost = economics.change_cost_cents * PART * (limit_cents != before)
    profit = _parts(used, margin) - _parts(ead, loss + capital) - cost
    price = economics.line_price_bps * np.maximum(limit_cents - before, 0) * (PART // BPS)
    return Expected(pd_ppm, ead, _cents(_parts(ead, loss)), _cents(profit), _cents(profit - price))


def _used(position: Position, limit_cents: np.ndarray, economics: Economics) -> np.ndarray:
    """Return the balance expected at a limit: an added limit is drawn in part."""
    before, balance = position.limit_before_cents, position.balance_cents
    share = np.where(before == 0, economics.initial_use_bps, economics.marginal_use_bps)
    drawn = balance + share * np.maximum(limit_cents - before, 0) // BPS
    return np.where(limit_cents >= before, np.minimum(limit_cents, drawn), balance)


def _parts(cents: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return cents times a rate in 1e-10, in 1e-5 cents; fits 64 bits up to 1e12 cents."""
    return cents * (rate // PART) + cents * (rate % PART) // PART


def _cents(parts: np.ndarray) -> np.ndarray:
    return (parts + PART // 2) // PART
