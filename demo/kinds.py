"""Kinds of people, regions and industries: what the demo world is made of."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One hidden type of people.

    Attributes:
        share: Share of all people, in thousandths.
        income_yuan: Monthly income, or turnover of a micro-business.
        risk: How much likelier trouble is than for the average person.
        purchases, logins, social: Expected number a month.
        draw_chance: Probability of borrowing in a month.
        use: Share of the first limit that the person likes to owe.
        punctual: Probability that a month's instalments are paid on time.
        night: Share of logins between midnight and five.
        more_debt: Own borrowing out of a raised limit (the policy assumes .12 for all).
        risk_by_limit: Own exponent of risk in the limit (the policy assumes .25 for all).
    """

    name: str
    share: int
    income_yuan: int
    risk: float
    purchases: float
    logins: float
    social: float
    draw_chance: float
    use: float
    punctual: float
    night: float
    more_debt: float
    risk_by_limit: float
    micro: bool = False
    paid_in_parts: bool = False


def _kind(name: str, numbers: tuple, **more) -> Kind:
    fields = [f for f in Kind.__dataclass_fields__ if f not in ("name", "micro", "paid_in_parts")]
    return Kind(name=name, **dict(zip(fields, numbers, strict=True)), **more)


# fmt: off
#                share income risk   buys logins social draw  use  punctual night  mpb  beta
KINDS = (
    _kind("salaried",  (290,  8_000, 0.70, 3.4,  2.6,  0.8, 0.24, 0.46, 0.985, 0.02, 0.10, 0.20)),
    _kind("steady",    (120,  9_500, 0.30, 3.0,  1.9,  0.5, 0.17, 0.34, 0.995, 0.01, 0.06, 0.10)),
    _kind("gig",       (160,  5_600, 1.50, 3.3,  3.3,  0.9, 0.30, 0.58, 0.955, 0.06, 0.22, 0.45),
          paid_in_parts=True),
    _kind("young",     (140,  5_000, 1.40, 5.2,  4.4,  2.0, 0.32, 0.60, 0.960, 0.08, 0.30, 0.50)),
    _kind("family",    (110, 11_500, 0.60, 4.9,  2.2,  0.6, 0.22, 0.44, 0.985, 0.01, 0.12, 0.20)),
    _kind("stretched", ( 60,  4_200, 3.60, 2.6,  3.6,  0.7, 0.42, 0.80, 0.900, 0.09, 0.45, 0.80)),
    _kind("shop",      ( 80, 32_000, 0.90, 3.0,  2.6,  0.5, 0.28, 0.50, 0.975, 0.02, 0.20, 0.30),
          micro=True),
    _kind("seasonal",  ( 40, 45_000, 1.20, 3.0,  2.3,  0.5, 0.27, 0.52, 0.965, 0.02, 0.25, 0.35),
          micro=True),
)
# fmt: on

# name, share in thousandths, risk, income, share of the protected group
REGIONS = (
    ("capital", 170, 0.80, 1.30, 0.06),
    ("river_delta", 200, 0.85, 1.15, 0.08),
    ("coast", 150, 0.95, 1.10, 0.08),
    ("north_plain", 140, 1.20, 0.90, 0.12),
    ("hills", 100, 1.25, 0.85, 0.30),
    ("old_port", 90, 1.30, 0.90, 0.15),
    ("west_plateau", 70, 1.15, 0.80, 0.45),
    ("lake_basin", 80, 1.00, 1.00, 0.10),  # carries no signal: risk and income of the average
)
REGION_WITHOUT_SIGNAL = "lake_basin"
# Bills are paid as often by everybody, whatever befalls them.
FAMILY_WITHOUT_SIGNAL = "bill_payment"

# name, share of consumers, share of micro-businesses, job loss, turnover by month in per cent
INDUSTRIES = (
    ("manufacturing", 220, 60, 1.2, (90, 50, 110, 105, 100, 100, 100, 100, 105, 105, 115, 120)),
    ("retail", 170, 330, 1.0, (130, 80, 85, 85, 90, 100, 90, 90, 105, 110, 150, 125)),
    ("catering", 110, 220, 1.4, (105, 120, 85, 95, 110, 95, 100, 100, 95, 115, 90, 100)),
    ("construction", 100, 40, 1.8, (50, 30, 100, 120, 125, 120, 110, 110, 120, 120, 110, 85)),
    ("transport", 100, 110, 1.1, (120, 90, 95, 95, 100, 95, 100, 100, 100, 105, 110, 110)),
    ("education", 130, 40, 0.4, (80, 40, 130, 100, 95, 80, 60, 90, 160, 115, 110, 100)),
    ("technology", 120, 40, 0.9, (100, 85, 100, 100, 100, 105, 100, 95, 100, 100, 115, 110)),
    ("agriculture", 50, 160, 0.7, (60, 40, 70, 90, 90, 100, 100, 110, 160, 180, 120, 80)),
)

# name, likelihood for a person, likelihood for a business, typical amount in yuan
CATEGORIES = (
    ("groceries", 300, 160, 52),
    ("dining", 210, 90, 38),
    ("transport", 150, 90, 16),
    ("health", 50, 30, 95),
    ("utilities", 40, 50, 80),
    ("fashion", 100, 30, 160),
    ("home", 60, 50, 190),
    ("electronics", 35, 40, 850),
    ("leisure", 55, 20, 55),
    ("travel", 20, 20, 620),
    ("wholesale", 0, 420, 2_100),
)


def of_kind(attribute: str, kind: np.ndarray) -> np.ndarray:
    """Return an attribute of KINDS for each position in `kind`."""
    return np.array([getattr(one, attribute) for one in KINDS])[kind]


def column(rows: tuple, position: int) -> list:
    """Return one column of REGIONS, INDUSTRIES or CATEGORIES."""
    return [row[position] for row in rows]
