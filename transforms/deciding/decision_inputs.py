"""Decision inputs: one row per line with every column that guards and prices read."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from transforms.deciding.terms import ADDED, Terms
from transforms.facts.standing import STANDING
from transforms.policies.economics import BPS, PPM
from transforms.policies.guards import reads_of
from transforms.policies.policy import Policy
from transforms.policies.segment_rules import SegmentRules

_SCORE_COLUMNS = ("points", "pd_ppm", "contributions", "scorecard_version")
_INCOME = "income_evidence_cents"
_BORROWER = pl.coalesce("borrower_id", "user_id")


@dataclass(frozen=True, slots=True)
class Across:
    """What the decision of a line reads beyond it; the same for every line of the portfolio.

    Attributes:
        borrowers: Those with several lines: `borrower`, `borrower_lines`, and `borrower_cents`,
            the sum of their present limits.
        income_reported: Some user's income is verified, so that not having one tells something.
        scorecard_version: Under which the portfolio is scored; None if nobody is.
    """

    borrowers: pl.DataFrame
    income_reported: bool
    scorecard_version: str | None


def across(features: pl.LazyFrame, lines: pl.LazyFrame, scorecard_version: str | None) -> Across:
    """Gather what the decisions of a portfolio share.

    Args:
        features: Rows of FEATURES.
        lines: Rows of LINES, all of the portfolio.
        scorecard_version: Under which the portfolio is scored.
    """
    held = lines.group_by(_BORROWER.alias("borrower")).agg(
        pl.len().cast(pl.Int64).alias("borrower_lines"),
        pl.col("limit_before_cents").sum().alias("borrower_cents"),
    )
    is_known = False
    if _INCOME in features.collect_schema():
        is_known = features.select(pl.col(_INCOME).is_not_null().any()).collect().item()
    several = held.filter(pl.col("borrower_lines") > 1).collect()
    return Across(several, bool(is_known), scorecard_version)


def decision_inputs(
    features: pl.LazyFrame,
    scores: pl.LazyFrame,
    lines: pl.LazyFrame,
    standing: pl.LazyFrame,
    terms: Terms,
    shared: Across,
) -> pl.LazyFrame:
    """Join what is known of each line, and add the policy's numbers for its segment.

    Args:
        features: Rows of FEATURES; only columns that the policy reads are kept.
        scores: Rows of SCORES.
        lines: Rows of LINES.
        standing: Rows of STANDING.
        terms: What is in force.
        shared: What the lines share with all others.

    Returns:
        One row per row of `lines`, sorted by `user_id`: its columns, the features that the policy
        reads, instructions in force, `points`, `pd_ppm`, and the columns of `terms.ADDED` except
        those of the price and of the states.
    """
    in_lines = set(lines.collect_schema().names())
    wanted = (_read_by(terms.policy) | {_INCOME}) - in_lines
    kept = [name for name in features.collect_schema().names() if name in wanted]
    flags = [column.name for column in STANDING.columns if column.dtype == pl.Boolean()]
    return (
        lines.join(features.select("user_id", *kept), on="user_id", how="left")
        .join(standing, on="user_id", how="left")
        .join(scores.select("user_id", *_SCORE_COLUMNS), on="user_id", how="left")
        # No instruction in force is a known "no", not missing data; and a user without a score is
        # decided under the same scorecard as all others.
        .with_columns(
            pl.col(flags).fill_null(False),
            pl.col("scorecard_version").fill_null(pl.lit(shared.scorecard_version, pl.String)),
            _BORROWER.alias("borrower"),
            pl.when(shared.income_reported).then(True).alias("income_reported"),
        )
        .join(shared.borrowers.lazy(), on="borrower", how="left")
        .with_columns(*_by_segment(terms.policy), _borrower_cap(terms))
        .drop("borrower", "borrower_lines", "borrower_cents")
        .with_columns(_highest_step(terms.policy))
        .sort("user_id")
    )


def _read_by(policy: Policy) -> frozenset[str]:
    return (
        reads_of(policy.guards)
        | policy.read_by_states
        | {name for rules in policy.segments.values() for name in rules.first_limit.evidence}
    )


def of_segment(policy: Policy, number: Callable[[SegmentRules], int]) -> pl.Expr:
    """Return a number of each row's segment; an unknown segment counts as the first one."""
    numbers = {name: number(rules) for name, rules in policy.segments.items()}
    first = next(iter(numbers.values()))
    return pl.col("segment").replace_strict(numbers, default=first, return_dtype=pl.Int64)


def _by_segment(policy: Policy) -> list[pl.Expr]:
    numbers: dict[str, Callable[[SegmentRules], int]] = {
        "pd_cut_ppm": lambda rules: rules.pd_cut_ppm,
        "pd_raise_below_ppm": lambda rules: rules.pd_raise_below_ppm,
        "pd_lost_above_ppm": lambda rules: rules.pd_lost_above_ppm,
        "segment_cap_cents": lambda rules: rules.cap_cents,
        "floor_cents": lambda _: policy.line.floor_cents,
    }
    return [
        of_segment(policy, number).cast(ADDED[name]).alias(name) for name, number in numbers.items()
    ]


def _highest_step(policy: Policy) -> pl.Expr:
    top = of_segment(policy, lambda rules: rules.ladder_bps[-1])
    step = pl.col("limit_before_cents") * (BPS + top) // BPS
    return (
        pl.when(pl.col("line_status_before") == "applied")
        .then("segment_cap_cents")
        .otherwise(step)
        .alias("highest_step_cents")
    )


def _borrower_cap(terms: Terms) -> pl.Expr:
    """Return each line's part of the borrower's legal cap, so that the parts never exceed it.

    If the present limits fit, what is left is divided equally among the borrower's lines and
    applications; if they do not, the cap is divided in proportion to the present limits.
    """
    cap = terms.pack.borrower_cap_cents
    if cap is None:
        return pl.lit(None, pl.Int64).alias("borrower_cap_cents")
    mine = pl.col("limit_before_cents").fill_null(0)
    total = pl.col("borrower_cents").fill_null(mine)
    left = (cap - total) // pl.col("borrower_lines").fill_null(1)
    step = terms.policy.line.round_to_cents
    part = cap * (mine * PPM // pl.max_horizontal(total, 1)) // PPM // step * step
    return pl.when(total <= cap).then(mine + left).otherwise(part).alias("borrower_cap_cents")
