"""Levels: how much less a user would have to owe, or to be at risk, for a rule not to hold.

Each is found by evaluating the rule itself at other amounts, so that no threshold is written twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from transforms.deciding.bounds import NO_UPPER
from transforms.deciding.candidates import NET, PROFIT
from transforms.deciding.choices import candidates_of
from transforms.deciding.first_limits import DECLINED_RISK, INCOME_TOO_LOW
from transforms.deciding.price import price
from transforms.deciding.removal import NO_PROFITABLE_RAISE, PORTFOLIO_BUDGET
from transforms.deciding.terms import Terms
from transforms.plans.roll import Known
from transforms.plans.rows_ahead import rows_ahead
from transforms.policies.economics import BPS
from transforms.policies.guards import Guard, holding, reads_of
from transforms.policies.policy import Policy

WHOLE_CENTS = 100  # a balance to come down to is told in whole units of money
RISK_STEPS_PPM = (1_000, 100)  # a risk to come down to is told in tenths of a per cent, or finer
_TRIED_AT_ONCE = 257
CRITERIA = {NO_PROFITABLE_RAISE: PROFIT, PORTFOLIO_BUDGET: NET}


def balance_edge_cents(
    user: pl.DataFrame, known: Known, scores: pl.DataFrame, guards: Sequence[Guard]
) -> int | None:
    """Return the most that a user may owe at the next month's end so that no guard holds.

    Args:
        user: One row of `user_id`, `limit_cents`.
        known: What is known of the user.
        scores: The user's row of SCORES.
        guards: To be ended by owing less.

    Returns:
        Cents, in whole units of money; None if owing nothing does not end them, or if they hold
        at no balance up to what is owed now.
    """
    credit = known.credit_months.get(known.month)
    owed = None if credit is None else credit["balance_end_cents"].max()
    low, high = 0, (owed or 0) // WHOLE_CENTS
    reads = reads_of(guards)
    if high <= 0:
        return None
    while True:
        tried = np.unique(np.linspace(low, high, _TRIED_AT_ONCE).astype(np.int64))
        copies, world, scored = _copies(user, known, scores, len(tried))
        owing = copies.with_columns(balance_end_cents=pl.Series(tried * WHOLE_CENTS))
        rows = next(iter(rows_ahead(owing, world, scored, reads)))
        held = rows.sort("user_id").select(holding(guards)).to_series().to_numpy()
        # Below the first balance at which they hold, they hold nowhere: only that is promised.
        at = int(held.argmax())
        if not held.any() or at == 0:
            return None
        if tried[at] - tried[at - 1] == 1:
            return int(tried[at - 1]) * WHOLE_CENTS
        low, high = int(tried[at - 1]), int(tried[at])


def risk_and_months(
    user: pl.DataFrame, known: Known, scores: pl.DataFrame, guards: Sequence[Guard]
) -> tuple[int, int] | None:
    """Return to which risk a user has to come down at once, and how many months it takes then.

    Args:
        user: One row of `user_id`, `limit_cents`.
        known: What is known of the user.
        scores: The user's row of SCORES.
        guards: To be ended by a lower risk and by time.

    Returns:
        The highest risk at or below which they end, ppm, and after how many months they then have
        ended; None if they end at no lower risk.
    """
    tried = list(range(0, scores["pd_ppm"].max() or 0, RISK_STEPS_PPM[0]))
    copies, world, scored = _copies(user, known, scores, len(tried))
    if not tried:
        return None
    scored = scored.with_columns(pd_ppm=pl.Series(tried, dtype=pl.Int32))
    reads = reads_of(guards)
    ended = free_after(rows_ahead(copies, world, scored, reads), {"all": guards})
    months = copies.join(ended, on="user_id", how="left").sort("user_id")["ahead"].to_list()
    first = months.index(None) if None in months else len(months)
    return (tried[first - 1], max(months[:first])) if first > 1 else None


def free_after(rows: Iterable[pl.DataFrame], rules: Mapping[str, Sequence[Guard]]) -> pl.DataFrame:
    """Find after how many months each set of rules first does not hold for a user.

    Args:
        rows: Of each coming month in order the rows that its decision reads, one per user; see
            `rows_ahead`. They are read only as far as is needed.
        rules: By code the rules that have to end.

    Returns:
        `user_id`, `code`, `ahead` Int32, from 1; no row for what still holds in the last month.
    """
    found = pl.DataFrame(schema={"user_id": pl.String, "code": pl.String, "ahead": pl.Int32})
    for ahead, month_rows in enumerate(rows, start=1):
        free = month_rows.select(
            "user_id", *((~holding(guards)).alias(code) for code, guards in rules.items())
        )
        long = free.unpivot(index="user_id", variable_name="code", value_name="free")
        now = long.filter("free").select("user_id", "code", ahead=pl.lit(ahead, pl.Int32))
        found = found.vstack(now.join(found, on=["user_id", "code"], how="anti"))
        if long.join(found, on=["user_id", "code"], how="anti").is_empty():
            break
    return found.sort("user_id", "code")


def _copies(
    user: pl.DataFrame, known: Known, scores: pl.DataFrame, count: int
) -> tuple[pl.DataFrame, Known, pl.DataFrame]:
    """Return copies of a user, what is known of each, and their scores, in order of their ids."""
    ids = pl.DataFrame({"user_id": [f"{place:06d}" for place in range(count)]})

    def copied(rows: pl.DataFrame) -> pl.DataFrame:
        return ids.join(rows.drop("user_id"), how="cross").select(rows.columns)

    by_month = {
        name: {month: copied(rows) for month, rows in getattr(known, name).items()}
        for name in ("activity", "credit_months")
    }
    whole = {
        name: copied(getattr(known, name))
        for name in ("ledger", "accounts", "limits", "instructions")
    }
    return copied(user), replace(known, **by_month, **whole), copied(scores)


def risk_edge_ppm(row: pl.DataFrame, terms: Terms, guards: Sequence[Guard]) -> int | None:
    """Return the highest risk at or below which no guard holds, at this month's figures.

    Args:
        row: One row of what the decision read.
        terms: In force; the price follows the risk.
        guards: To be ended by a lower risk.
    """

    def is_free(rows: pl.DataFrame) -> np.ndarray:
        return ~rows.select(holding(guards)).to_series().to_numpy()

    return _highest_free(row, terms, is_free)


def paying_risk_ppm(row: pl.DataFrame, terms: Terms, code: str) -> int | None:
    """Return the highest risk at or below which some higher limit is worth more than the present.

    Args:
        row: One row of what the decision read, of an open line.
        terms: In force; the price follows the risk.
        code: NO_PROFITABLE_RAISE, or PORTFOLIO_BUDGET for what is left after the line price.
    """

    def is_free(rows: pl.DataFrame) -> np.ndarray:
        return worth_raising(rows, terms.policy, code)

    return _highest_free(row, terms, is_free)


def worth_raising(rows: pl.DataFrame, policy: Policy, code: str) -> np.ndarray:
    """Return whether some higher limit is worth more than the present one, if no guard holds."""
    before = rows["limit_before_cents"].to_numpy()
    chosen = candidates_of(rows, policy).choose(
        np.arange(rows.height), before, np.full(rows.height, NO_UPPER), CRITERIA[code]
    )
    return chosen > before


def at_risks(row: pl.DataFrame, terms: Terms, risks_ppm: Iterable[int]) -> pl.DataFrame:
    """Return one row per risk: the same line priced at it, with the policy's states."""
    risks = pl.DataFrame({"pd_ppm": list(risks_ppm)}, schema={"pd_ppm": pl.Int32})
    rows = row.drop("pd_ppm", "apr_bps", "apr_capped", "price_band").join(risks, how="cross")
    states = [state.alias(name) for name, state in terms.policy.states.items()]
    return price(rows.lazy(), terms).with_columns(states).collect()


def _highest_free(
    row: pl.DataFrame, terms: Terms, is_free: Callable[[pl.DataFrame], np.ndarray]
) -> int | None:
    risk = row["pd_ppm"].item()
    for step in RISK_STEPS_PPM:
        tried = range(step, risk or 0, step)
        if not len(tried):
            continue
        free = is_free(at_risks(row, terms, tried))
        below = int(np.logical_and.accumulate(free).sum())  # all of these, and every lower one
        if below:
            return tried[below - 1]
    return None


def first_limit_ways(row: Mapping[str, Any], policy: Policy, code: str) -> dict[str, Any]:
    """Return what risk or income a first limit asks for."""
    rules = policy.segments.get(row.get("segment")) or next(iter(policy.segments.values()))
    first = rules.first_limit
    if code == DECLINED_RISK:
        return {"pd_edge_ppm": first.band[-1].pd_at_most_ppm}
    if code == INCOME_TOO_LOW and first.share_bps:
        known = (row.get(name) for name in first.evidence)
        return {
            "income_known_cents": next((cents for cents in known if cents is not None), None),
            "income_edge_cents": -(-policy.line.floor_cents * BPS // first.share_bps),
        }
    return {}
