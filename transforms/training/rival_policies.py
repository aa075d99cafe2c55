"""Who is given more under rules of thumb at the same budget, and how many of them turned bad."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import polars_hash  # noqa: F401  (registers `chash`)

from transforms.training.metrics import rate_interval

STEP_BPS = 2_000  # what a rule of thumb adds to a limit
_ROUND_TO_CENTS = 10_000
NEED_FROM, NEED_TO = 0.15, 0.85


def compared(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Compare what our policy adds with rules of thumb that spend no more than it did.

    Args:
        rows: One account each: `user_id`, `limit_cents` (present), `ours_cents` (decided), `pd`,
            `is_eligible` (no rule but those on the PD stands against a raise), `late_count_3m`,
            `utilisation_mean_3m`, `bad` 1 or 0.

    Returns:
        By policy `added_line_cents`, `accounts` raised, `bad_rate_added` (share of the added line
        that went to accounts that turned bad) and its bootstrap `interval`; None where nothing is
        added.
    """
    limit = rows["limit_cents"].to_numpy()
    ours = np.maximum(rows["ours_cents"].to_numpy() - limit, 0)
    budget = int(ours.sum())
    step = limit * STEP_BPS // 10_000 // _ROUND_TO_CENTS * _ROUND_TO_CENTS
    by_chance = rows.select(pl.col("user_id").chash.sha2_256().arg_sort()).to_series().to_numpy()
    by_risk = rows.select(pl.struct("pd", "user_id").arg_sort()).to_series().to_numpy()
    eligible = rows["is_eligible"].to_numpy()
    plain = (rows["late_count_3m"].fill_null(0) == 0).to_numpy() & rows[
        "utilisation_mean_3m"
    ].is_between(NEED_FROM, NEED_TO).fill_null(False).to_numpy()
    everyone = limit * budget // max(int(limit.sum()), 1)
    added = {
        "ours": ours,
        "hold": np.zeros_like(ours),
        "all_plus_x": everyone,
        "random_eligible": _spent(step, by_chance[eligible[by_chance]], budget),
        "three_line_rule": _spent(step, by_chance[plain[by_chance]], budget),
        "risk_ranking": _spent(step, by_risk[eligible[by_risk]], budget),
    }
    bad = rows["bad"].to_numpy()
    return {name: _figures(cents, bad) for name, cents in added.items()}


def placebo(policies: Mapping[str, dict[str, Any]], rows: pl.DataFrame) -> dict[str, Any]:
    """Compare the policies with outcomes dealt out anew: all must come near the base rate."""
    chance = np.random.default_rng(1)
    dealt = rows.with_columns(bad=chance.permutation(rows["bad"].to_numpy()))
    found = compared(dealt)
    return {
        "base_rate": round(float(rows["bad"].mean()), 5),
        "bad_rate_added": {name: found[name]["bad_rate_added"] for name in policies},
    }


def _spent(step: np.ndarray, order: np.ndarray, budget: int) -> np.ndarray:
    """Give each account its step in an order, as long as the budget lasts."""
    cents = np.zeros_like(step)
    within = order[np.cumsum(step[order]) <= budget]
    cents[within] = step[within]
    return cents


def _figures(added: np.ndarray, bad: np.ndarray) -> dict[str, Any]:
    total = int(added.sum())
    found = {"added_line_cents": total, "accounts": int((added > 0).sum())}
    if not total:
        return found | {"bad_rate_added": None, "interval": None}
    low, high = rate_interval(added * bad, added)
    rate = float((added * bad).sum() / total)
    return found | {
        "bad_rate_added": round(rate, 5),
        "interval": [round(low, 5), round(high, 5)],
    }
