"""Terms: everything the lender and the law say about a decision, and the columns rules may read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from transforms.policies.policy import STATES, Policy

if TYPE_CHECKING:
    from transforms.policies.packs import Pack
    from transforms.policies.rate_cards import RateCard


@dataclass(frozen=True, slots=True)
class Terms:
    """What is in force on one decision date.

    Attributes:
        policy: What the lender decided.
        pack: What the law of the lender's country demands.
        rate_card: Prices by band, region and industry.
    """

    policy: Policy
    pack: "Pack"
    rate_card: "RateCard"


# Columns that a decision adds to the row which guards read.
ADDED: Mapping[str, pl.DataType] = {
    "points": pl.Int32(),
    "pd_ppm": pl.Int32(),
    "apr_bps": pl.Int32(),
    "apr_capped": pl.Boolean(),  # the price formula exceeded the legal cap
    "pd_cut_ppm": pl.Int32(),
    "pd_raise_below_ppm": pl.Int32(),
    "pd_lost_above_ppm": pl.Int32(),
    "segment_cap_cents": pl.Int64(),
    "floor_cents": pl.Int64(),
    "highest_step_cents": pl.Int64(),  # most that this month could give: top step, or first limit
    "borrower_cap_cents": pl.Int64(),  # this line's share of the borrower's legal cap
    "income_reported": pl.Boolean(),  # true if the source reports income at all, else null
    **{name: pl.Boolean() for name in STATES},
}


def guard_columns() -> dict[str, pl.DataType]:
    """Return every column that guards, states and sentences of a policy may name."""
    from transforms.deciding.lines import LINES
    from transforms.facts.standing import STANDING
    from transforms.features.catalogue import FEATURES

    return {**FEATURES.schema, **STANDING.schema, **LINES.schema, **ADDED}
