"""How a month moves the portfolio, and whether that is within what the policy tolerates."""

import polars as pl

from transforms.policies.policy import Policy
from warehouse.monthly.portfolio import MOVEMENTS
from warehouse.printing import percent_of_bps
from warehouse.store.staging import Staging

BPS = 10_000


def movements(staging: Staging) -> dict[str, int]:
    """Return the staged month's figures: lines by action, and sums of limits in cents."""
    rows = pl.read_parquet(staging.paths("limits", staging.month), hive_partitioning=False)
    counts = dict(rows.group_by("action").len().iter_rows())
    held = rows.filter(pl.col("limit_before_cents").is_not_null() & pl.col("decidable"))
    change = pl.col("limit_cents") - pl.col("limit_before_cents")
    return {
        "lines": rows.height,
        **{name: counts.get(action, 0) for name, action in MOVEMENTS.items()},
        "limit_before_cents": int(held["limit_before_cents"].sum()),
        "limit_cents": int(held["limit_cents"].sum()),
        "added_cents": int(held.select(change.clip(lower_bound=0).sum()).item()),
        "taken_cents": int(held.select((-change).clip(lower_bound=0).sum()).item()),
        "largest_change_bps": int(
            held.filter(pl.col("action").is_in(["raise", "lower"]))
            .select((change.abs() * BPS // pl.col("limit_before_cents")).max())
            .item()
            or 0
        ),
    }


def out_of_tolerance(staging: Staging, policy: Policy) -> list[str]:
    """Return every movement beyond the policy's tolerance, in words; none if all are within."""
    moved, allowed = staging.notes["figures"]["movements"], policy.tolerances
    open_lines = moved["lines"] - moved["granted"] - moved["declined"] - moved["undecided"]
    beyond = []
    if open_lines >= allowed.fewest_lines:
        for name in ("raised", "lowered", "frozen"):
            most = getattr(allowed, f"{name}_share_bps")
            share = moved[name] * BPS // open_lines
            if share > most:
                beyond.append(
                    f"{moved[name]:,} of {open_lines:,} lines {name} "
                    f"({percent_of_bps(share)}, tolerated are {percent_of_bps(most)})"
                )
        growth = (
            (moved["limit_cents"] - moved["limit_before_cents"])
            * BPS
            // max(moved["limit_before_cents"], 1)
        )
        if growth > allowed.line_growth_bps:
            beyond.append(
                f"limits grow by {percent_of_bps(growth)} "
                f"(tolerated are {percent_of_bps(allowed.line_growth_bps)})"
            )
    if moved["largest_change_bps"] > allowed.change_share_bps:
        beyond.append(
            f"one limit changes by {percent_of_bps(moved['largest_change_bps'])} "
            f"(tolerated are {percent_of_bps(allowed.change_share_bps)})"
        )
    return beyond
