"""The law of reasons on published rows: the month is decided again under policies without rules."""

from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from transforms.deciding.decision_inputs import across
from transforms.deciding.decisions import decisions
from transforms.months import decision_date
from transforms.policies.policy import Policy
from transforms.policies.segment_rules import SegmentRules
from transforms.tables.decided import DECISIONS
from warehouse.monthly.decide import lines_of, standing_of
from warehouse.monthly.terms import read_terms
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake

BUDGET, PROFIT = "PORTFOLIO_BUDGET", "NO_PROFITABLE_RAISE"
FIRST_LIMIT = ("DECLINED_RISK", "INCOME_TOO_LOW")  # no rules of a policy
ALL = pl.col("user_id").is_not_null()
_ALL_PARTS_OF = 4
_COLUMNS = (
    "limit_cents",
    "line_status",
    "limit_before_cents",
    "lower_bound_cents",
    "upper_bound_cents",
)


class PublishedMonth:
    """A month as it was published, and as it would have been without some rules.

    Args:
        lake, policies: Folders.
        month: Its first day.
        users: Which rows to look at; all by default.
    """

    def __init__(
        self,
        lake: Path,
        policies: Path,
        month: date,
        users: pl.Expr = ALL,
    ):
        self.chain, self.month = Chain.read(open_lake(lake)), month
        self.in_force = read_terms(policies, decision_date(month), self.chain.lake.currency)
        self.published = self._table("decisions").filter(users).collect().sort("user_id")
        mode = self._table("limits").select(pl.col("mode").cast(pl.String).first()).collect().item()
        everyone = lines_of(self.chain, month, mode).lazy()
        self.lines = everyone.filter(users)
        scorecard = self.in_force.scorecard.version
        self.shared = across(self._table("features"), everyone, scorecard)
        self.standing = standing_of(self.chain, month)
        self.without = cache(self._without)

    def _table(self, name: str) -> pl.LazyFrame:
        paths = self.chain.paths(name, self.month)
        return pl.scan_parquet(paths, hive_partitioning=False)

    def decided(self, policy: Policy) -> pl.DataFrame:
        """Decide every line anew from the features and scores that were published."""
        features, scores = self._table("features"), self._table("scores")
        of_policy = replace(self.in_force.terms, policy=policy)
        rows = (features, scores, self.lines, self.standing)
        return decisions(*rows, of_policy, self.month, self.shared).collect()

    def _without(self, removed: frozenset[str]) -> dict[str, dict]:
        """Return limit and state of every user as if the rules did not exist."""
        policy = self.in_force.policy
        kept = tuple(guard for guard in policy.guards if guard.name not in removed)
        economics = policy.economics
        if BUDGET in removed:
            economics = replace(economics, line_price_bps=0)
        decided = self.decided(replace(policy, guards=kept, economics=economics))
        segment = self.lines.select("user_id", "segment").collect()
        rows = decided.select("user_id", *_COLUMNS).join(segment, on="user_id")
        found = {row["user_id"]: row for row in rows.to_dicts()}
        if PROFIT in removed:
            for row in found.values():
                row["limit_cents"] = _highest(row, policy)
        return found


def _highest(row: dict, policy: Policy) -> int | None:
    """Return the highest limit between the bounds, whatever it earns; written out plainly."""
    before, lower, upper = (row[name] for name in _COLUMNS[2:])
    if not before or lower is None:
        return row["limit_cents"]
    upper = 2**62 if upper is None else upper
    line, rules = policy.line, policy.segments[row["segment"]]
    found = [amount for amount in _rungs(before, rules, line) if lower <= amount <= upper]
    if upper < before:
        rounded = upper - upper % line.round_to_cents
        found.append(rounded if rounded >= lower else upper)
    if lower > before:
        found.append(lower)
    return max(found)


def _rungs(before: int, rules: SegmentRules, line) -> list[int]:
    amounts = [before]
    for step in rules.ladder_bps:
        amount = before * (10_000 + step) // 10_000
        amount -= amount % line.round_to_cents
        change = abs(amount - before)
        if (amount > before) != (step > 0) or step == 0:
            continue
        if change >= max(line.smallest_change_cents, before * line.smallest_change_bps / 10_000):
            amounts.append(amount)
    return amounts


def broken(month: PublishedMonth) -> list[str]:
    """Return what breaks the law, row by row; an empty list if it holds on all.

    Removing the rules that a row states changes its limit (or ends its freeze or closing);
    removing only some of them does not; where several are stated, no single rule would do.
    """
    assert_frame_equal(
        month.decided(month.in_force.policy).select(list(DECISIONS.schema)), month.published
    )
    found = []
    for stated, rows in month.published.filter("decidable").group_by("deciding_guards"):
        names = frozenset(stated[0])
        if names.isdisjoint(FIRST_LIMIT):
            found += _broken_by(month, names, rows)
    return found


def _broken_by(month: PublishedMonth, stated: frozenset[str], rows: pl.DataFrame) -> list[str]:
    rows = rows.to_dicts()
    found = [f"{row['user_id']}: no reason" for row in rows if not row["reasons"]]
    if not stated:
        return found
    found += [_told(row, "all", stated) for row in rows if not _changes(month, row, stated)]
    for some in _parts(sorted(stated)):
        found += [_told(row, "some", some) for row in rows if _changes(month, row, some)]
    if len(stated) > 1 and not _of_a_state(rows[0]):
        for name in sorted({name for row in rows for name in row["guards_fired"]}):
            found += [_told(row, "one", [name]) for row in rows if _frees(month, row, name)]
    return found


def _parts(stated: list[str]) -> list[tuple[str, ...]]:
    """Return every proper part of a small set; of a large one, each rule alone and all but one."""
    last = len(stated) - 1
    sizes = range(1, last + 1) if last < _ALL_PARTS_OF else {1, last}
    return [some for size in sizes for some in combinations(stated, size)]


def _of_a_state(row: dict) -> bool:
    """Whether the stated rules demand a freeze or a closing, which one of them alone would do."""
    return row["line_status"] == "closed" or row["action"] == "freeze"


def _changes(month: PublishedMonth, row: dict, removed) -> bool:
    other = month.without(frozenset(removed))[row["user_id"]]
    state = "line_status" if _of_a_state(row) else "limit_cents"
    return other[state] != row[state]


def _frees(month: PublishedMonth, row: dict, name: str) -> bool:
    """Whether the limit moves towards the one without any rule."""
    other, limit = (
        month.without(frozenset([name]))[row["user_id"]]["limit_cents"],
        row["limit_cents"],
    )
    down = limit <= row["unguarded_limit_cents"]
    return other > limit if down else other < limit


def _told(row: dict, what: str, removed) -> str:
    return (
        f"{row['user_id']} {row['action']} {row['limit_cents']}, decided by "
        f"{row['deciding_guards']}: removing {what}, {sorted(removed)}, is against the law"
    )
