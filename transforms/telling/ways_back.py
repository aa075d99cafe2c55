"""Ways back: from when on a rule no longer holds for a user, and at which amount or level.

Every date and amount comes from the rule itself: its condition is evaluated on what would be known
of the user in later months (`transforms.plans.rows_ahead`), or on the row of this month with
another risk. No threshold and no window is written down a second time.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

import polars as pl

from transforms.deciding.terms import Terms
from transforms.months import decision_date, last_day, months_after
from transforms.plans.credit_ahead import ARREARS_DAYS
from transforms.plans.roll import Known
from transforms.plans.rows_ahead import rows_ahead
from transforms.policies.guards import WAY_BACK, Guard, reads_of
from transforms.telling.levels import (
    CRITERIA,
    balance_edge_cents,
    first_limit_ways,
    free_after,
    paying_risk_ppm,
    risk_and_months,
    risk_edge_ppm,
)

OF_LATER_MONTHS = frozenset({"free_on", "balance_edge_cents"})  # only later months tell these


def plain_ways(row: Mapping[str, Any], month: date) -> dict[str, Any]:
    """Return what a way back may name of every reason: when to act by, and what is owed.

    Args:
        row: What the decision read of the user.
        month: First day of the month observed.
    """
    coming = months_after(month, 1)
    overdue, owed = row.get("overdue_end_cents") or 0, row.get("balance_end_cents") or 0
    risk, earned = row.get("pd_ppm"), row.get("pd_raise_below_ppm")
    is_late = overdue > 0 or (row.get("dpd_end_days") or 0) > 0
    is_above = risk is not None and earned is not None and risk > earned
    return dict.fromkeys(WAY_BACK) | {
        "act_by": last_day(coming),
        "next_on": decision_date(coming),
        "pay_by": coming + timedelta(days=ARREARS_DAYS - 1) if is_late else None,
        "arrears_cents": overdue if overdue > 0 else None,
        "owed_cents": owed if owed > 0 else None,
        "pd_above_ppm": risk if is_above else None,
    }


def ways_back(
    told: Mapping[str, Sequence[Guard]],
    row: pl.DataFrame,
    known: Known | None,
    scores: pl.DataFrame,
    terms: Terms,
    month: date,
) -> dict[str, dict[str, Any]]:
    """Return the figures of the way back of each reason, by code and then by name in WAY_BACK.

    Args:
        told: By code of a reason the guards that have to end; none for the system's own codes.
        row: One row of what the decision read of the user: `decision_inputs` and the price.
        known: What is known of the user; None leaves out what only later months tell.
        scores: The user's row of SCORES.
        terms: In force.
        month: First day of the month observed.
    """
    plain = row.row(0, named=True) if row.height else {}
    ways = {code: plain_ways(plain, month) for code in told}
    if not row.height:
        return ways
    ruled = {code: guards for code, guards in told.items() if guards}
    if known is not None:
        for code, found in _dates(ruled, known, scores, month).items():
            ways[code] |= found
    for code, guards in told.items():
        ways[code] |= _levels(code, guards, row, known, scores, terms)
    return ways


def _dates(
    told: Mapping[str, Sequence[Guard]], known: Known, scores: pl.DataFrame, month: date
) -> dict[str, dict[str, Any]]:
    """Return `free_on` of each reason, and the risk it takes where no date comes without."""
    dated = {code: guards for code, guards in told.items() if "free_on" in names_of(guards)}
    if not dated:
        return {}
    user, reads = user_of(known), reads_of(chain.from_iterable(dated.values()))
    ended = free_after(rows_ahead(user, known, scores, reads), dated)
    months: dict[str, tuple[int | None, int]] = {
        code: (None, ahead) for code, ahead in ended.select("code", "ahead").iter_rows()
    }
    for code, guards in dated.items():
        takes_risk = code not in months and "pd_edge_ppm" in names_of(guards)
        if takes_risk and (found := risk_and_months(user, known, scores, guards)):
            months[code] = found
    return {
        code: {"pd_edge_ppm": risk, "free_on": decision_date(months_after(month, ahead))}
        for code, (risk, ahead) in months.items()
    }


def _levels(
    code: str,
    guards: Sequence[Guard],
    row: pl.DataFrame,
    known: Known | None,
    scores: pl.DataFrame,
    terms: Terms,
) -> dict[str, Any]:
    names, plain = names_of(guards), row.row(0, named=True)
    if not guards:
        if code in CRITERIA and plain["line_status_before"] != "applied":
            return {"pd_edge_ppm": paying_risk_ppm(row, terms, code)}
        return first_limit_ways(plain, terms.policy, code)
    levels = {}
    if "pd_edge_ppm" in names and "free_on" not in names:
        levels["pd_edge_ppm"] = risk_edge_ppm(row, terms, guards)
    if "balance_edge_cents" in names and known is not None:
        levels["balance_edge_cents"] = balance_edge_cents(user_of(known), known, scores, guards)
    return levels


def names_of(guards: Collection[Guard]) -> frozenset[str]:
    """Return the figures that the ways back of some guards name."""
    return frozenset().union(*(guard.way_back_names for guard in guards))


def user_of(known: Known) -> pl.DataFrame:
    """Return `user_id` and the `limit_cents` in force from the decision of the month on."""
    limit = "limit_cents" if known.mode == "live" else "limit_before_cents"
    last = known.limits.filter(pl.col("as_of") == last_day(known.month))
    return last.select("user_id", pl.col(limit).fill_null(0).alias("limit_cents"))
