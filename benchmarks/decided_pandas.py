"""Score, choice and publishing of one bucket as one would do them with pandas."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from transforms.policies.economics import BPS, PART, PPM, Economics
from transforms.policies.policy import Policy
from transforms.scoring.scorecard import Scorecard
from transforms.tables.decided import LIMITS


def score(path: Path, scorecard: Scorecard) -> pl.DataFrame:
    """Return points, default probability and points lost by feature of a file of features."""
    scored = sorted(scorecard.features, key=lambda one: one.name)
    names = np.array([one.name for one in scored])
    rows = pd.read_parquet(path, columns=["user_id", *names])
    points, lost = (np.zeros((len(rows), len(scored)), np.int64) for _ in range(2))
    for place, one in enumerate(scored):
        value = rows[one.name].to_numpy(float, na_value=np.nan)
        edges = np.array([each.at_most for each in one.bins[:-1]], float)
        of_bin = np.array([each.points for each in one.bins])[np.searchsorted(edges, value)]
        points[:, place] = np.where(np.isnan(value), one.null_points, of_bin)
        lost[:, place] = np.where(np.isnan(value), 0, np.maximum(one.best_points - of_bin, 0))
    order = np.argsort(-lost, axis=1, kind="stable")
    rows["points"] = scorecard.base_points + points.sum(axis=1)
    rows["pd_ppm"] = scorecard.pd_ppm[0][1]
    for (low, ppm_low), (high, ppm_high) in pairwise(scorecard.pd_ppm):
        within = (rows["points"] - low).clip(0, high - low)
        rows["pd_ppm"] += within * (ppm_high - ppm_low) // (high - low)
    ordered = (names[order], *(np.take_along_axis(of, order, axis=1) for of in (points, lost)))
    rows["contributions"] = [
        [
            {"feature": name, "points": held, "points_lost": gone}
            for name, held, gone in zip(*of_user, strict=True)
        ]
        for of_user in zip(*ordered, strict=True)
    ]
    rows["scorecard_version"] = scorecard.version
    kept = ["user_id", "points", "pd_ppm", "contributions", "scorecard_version"]
    return pl.from_pandas(rows[kept])


def choose(path: Path, policy: Policy) -> pl.DataFrame:
    """Return the most profitable candidate of each line of a file of positions."""
    lines = pd.read_parquet(path).rename(columns={"limit_before_cents": "before"})
    lines["upper_bound_cents"] = lines["upper_bound_cents"].fillna(2.0**62).astype(np.int64)
    lines[["pd_ppm", "apr_bps"]] = lines[["pd_ppm", "apr_bps"]].astype(np.int64)
    lines["owed"] = lines["balance_end_cents"].clip(lower=0)
    steps = pd.DataFrame(
        [
            (name, step, factor)
            for name, rule in policy.segments.items()
            for step, factor in zip(rule.ladder_bps, rule.odds_factor_ppm, strict=True)
        ],
        columns=["segment", "step_bps", "factor"],
    )
    tried = pd.concat([_steps(lines.merge(steps, on="segment"), policy), _forced(lines, policy)])
    tried = _with_worth(tried, policy.economics)
    tried["change"] = (tried["limit_cents"] - tried["before"]).abs()
    best = tried.sort_values(["net", "change", "limit_cents"], ascending=[False, True, True])
    kept = ["user_id", "limit_cents", "expected_profit_cents", "expected_loss_cents"]
    return pl.from_pandas(best.drop_duplicates("user_id")[kept])


def publish(path: Path, out: Path, inputs_id: str) -> pl.LazyFrame:
    """Write the rows that are published of a file of decisions."""
    rows = pd.read_parquet(path, dtype_backend="pyarrow")
    rows["inputs_id"], rows["mode"] = inputs_id, "live"
    rows[list(LIMITS.schema)].sort_values("user_id").to_parquet(out, compression="zstd")
    return pl.scan_parquet(out)


def _steps(tried: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    line, before, step = policy.line, tried["before"], tried["step_bps"]
    rounded = before * (BPS + step) // BPS // line.round_to_cents * line.round_to_cents
    tried["limit_cents"] = before.where(step == 0, rounded)
    change = tried["limit_cents"] - before
    is_large = (change.abs() >= line.smallest_change_cents) & (
        change.abs() * BPS >= before * line.smallest_change_bps
    )
    is_usable = (step == 0) | (is_large & (np.sign(change) == np.sign(step)))
    lower, upper = tried["lower_bound_cents"], tried["upper_bound_cents"]
    return tried[is_usable & tried["limit_cents"].between(lower, upper)]


def _forced(lines: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the bound that the present limit breaks, which competes; here only from above."""
    forced = lines[lines["upper_bound_cents"] < lines["before"]].assign(factor=PPM)
    down = forced["upper_bound_cents"] // policy.line.round_to_cents * policy.line.round_to_cents
    forced["limit_cents"] = down.where(
        down >= forced["lower_bound_cents"], forced["upper_bound_cents"]
    )
    return forced


def _with_worth(tried: pd.DataFrame, economics: Economics) -> pd.DataFrame:
    limit, before, owed = (tried[name] for name in ("limit_cents", "before", "owed"))
    bad = tried["pd_ppm"] * tried["factor"]
    whole = (PPM - tried["pd_ppm"]) * PPM + bad
    pd_ppm = (bad * PPM + whole // 2) // whole
    drawn = owed + economics.marginal_use_bps * (limit - before).clip(lower=0) // BPS
    used = np.minimum(limit, drawn).where(limit >= before, owed)
    ead = used + economics.ccf_bps * (limit - used).clip(lower=0) // BPS
    loss = pd_ppm * economics.lgd_bps
    capital = economics.hurdle_bps * economics.capital_ratio_bps * (PPM // BPS)
    margin = (PPM - pd_ppm) * (tried["apr_bps"] - economics.funding_bps)
    cost = economics.change_cost_cents * PART * (limit != before)
    profit = _parts(used, margin) - _parts(ead, loss + capital) - cost
    price = economics.line_price_bps * (limit - before).clip(lower=0) * (PART // BPS)
    return tried.assign(
        net=_cents(profit - price),
        expected_profit_cents=_cents(profit),
        expected_loss_cents=_cents(_parts(ead, loss)),
    )


def _parts(cents: pd.Series, rate: pd.Series) -> pd.Series:
    return cents * (rate // PART) + cents * (rate % PART) // PART


def _cents(parts: pd.Series) -> pd.Series:
    return (parts + PART // 2) // PART
