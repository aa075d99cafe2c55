"""The table of plans: what is shown to a user, and what of it was verified."""

import polars as pl

from transforms.plans.catalogue import MONTHS, PLANS
from transforms.tables.table import AS_OF, USER, Column, Table, cents

NONE, UNSURE = "none", "unsure"


def _by_month(name: str, meaning: str) -> Column:
    return Column(name=name, dtype=pl.List(pl.Int64()), meaning=meaning, unit="cents")


PLANS_TABLE = Table(
    name="plans",
    meaning="One row is one plan that leads a user to a higher limit, or that none surely does.",
    kind="decisions",
    key=("user_id", "place"),
    bucketed=False,
    columns=(
        AS_OF,
        USER,
        Column(
            name="place",
            dtype=pl.Int32(),
            meaning="1 is the plan to propose: the fewest months, then the least demanding.",
            unit="count",
            required=True,
            lowest=1,
        ),
        Column(
            name="plan",
            dtype=pl.String(),
            meaning="Which plan; unsure if one may lead to a raise in time and none surely does; "
            "none if none does.",
            required=True,
            values=(*(plan.name for plan in PLANS), UNSURE, NONE),
        ),
        Column(
            name="months",
            dtype=pl.Int32(),
            meaning="Months to follow it until the limit is raised; null without a plan.",
            unit="months",
            lowest=1,
            highest=MONTHS,
        ),
        cents("limit_before_cents", "Limit after this month's decision.", required=True),
        cents("limit_cents", "Limit after those months, at least; null without a plan."),
        _by_month(
            "repay_cents",
            "To repay in each month, what falls due of money drawn before the plan included.",
        ),
        _by_month("draw_cents", "To draw in each month."),
        Column(
            name="blocked_by",
            dtype=pl.List(pl.String()),
            meaning="What still stands against a raise at the end, if there is no plan.",
            required=True,
        ),
    ),
)
