"""Choices: the limit of every decidable line, its bounds, its worth and what decided it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.deciding.bounds import NO_LOWER, NO_UPPER, GuardBounds
from transforms.deciding.candidates import Candidates, Chooser, ladder_of
from transforms.deciding.first_limits import (
    DECLINED_RISK,
    INCOME_TOO_LOW,
    UNKNOWN,
    FirstLimits,
    first_limits,
)
from transforms.deciding.removal import SYSTEM_CONSTRAINTS, choice, deciding
from transforms.policies.economics import PPM, Expected, Position, expected
from transforms.policies.guards import CLASSES, Guard
from transforms.policies.policy import Policy

_FIRST_CONSTRAINTS = (DECLINED_RISK, INCOME_TOO_LOW)
_UNKNOWN_PD = 2 * PPM  # above every band


@dataclass(frozen=True, slots=True)
class Constraints:
    """Everything that may decide a limit, in the order in which ties are broken.

    Attributes:
        guards: Guards of the policy, by class and then by name.
        names: Names of guards and of what bounds a first limit, in that order.
        classes: Class of each of `names`, as its place in CLASSES.
    """

    guards: tuple[Guard, ...]
    names: tuple[str, ...]
    classes: np.ndarray

    @property
    def all_names(self) -> tuple[str, ...]:
        """Return `names` and, last, what bounds a raise without being a guard."""
        return (*self.names, *SYSTEM_CONSTRAINTS)


def constraints_of(policy: Policy) -> Constraints:
    """Return what may decide a limit under `policy`."""
    risk = CLASSES.index("risk")
    ordered = sorted(
        [guard.order for guard in policy.guards] + [(risk, n) for n in _FIRST_CONSTRAINTS]
    )
    return Constraints(
        guards=tuple(sorted(policy.guards, key=lambda guard: guard.order)),
        names=tuple(name for _, name in ordered),
        classes=np.array([rank for rank, _ in ordered], np.int64),
    )


def choices(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Choose the limit of every line.

    Args:
        rows: Decidable lines and applicants: the columns of `decision_inputs`, `apr_bps`, and for
            each guard `fired <name>` Boolean and, where it has one, `amount <name>` Int64.
        policy: The policy in force.

    Returns:
        One row per row, in the same order: `limit_cents`, `unguarded_limit_cents`,
        `lower_bound_cents`, `upper_bound_cents` (null if unbounded), `rung_bps` (null off the
        ladder), `expected_loss_cents`, `expected_profit_cents` (null without a PD), and
        `decided by <name>` Boolean for each of `Constraints.all_names`.
    """
    constraints = constraints_of(policy)
    applied = _numbers(rows, (pl.col("line_status_before") == "applied").cast(pl.Int64)) == 1
    parts = []
    for first in (False, True):
        at = np.flatnonzero(applied == first)
        some = rows[at]
        guards = _guard_bounds(some, constraints)
        if first:
            chooser = _first_chooser(some, policy)
            guards = _with_first_constraints(guards, chooser, constraints)
        else:
            chooser = candidates_of(some, policy)
        part = _decided(some, guards, chooser, constraints, policy)
        parts.append(part.with_columns(pl.Series("place", at, pl.Int64)))
    return pl.concat(parts).sort("place").drop("place")


def candidates_of(rows: pl.DataFrame, policy: Policy) -> Candidates:
    """Return what each line may be given, at its present limit, balance, PD and price."""
    ladder = ladder_of(_segment_of(rows, policy), list(policy.segments.values()))
    return Candidates(_position(rows), ladder, policy.line, policy.economics)


def _segment_of(rows: pl.DataFrame, policy: Policy) -> np.ndarray:
    """Return which of the policy's segments each row's is; an unknown one counts as the first."""
    places = {name: index for index, name in enumerate(policy.segments)}
    place = pl.col("segment").replace_strict(places, default=0, return_dtype=pl.Int64)
    return _numbers(rows, place)


def _numbers(rows: pl.DataFrame, number: pl.Expr, unknown: int = 0) -> np.ndarray:
    return rows.select(number.cast(pl.Int64).fill_null(unknown)).to_series().to_numpy()


def _position(rows: pl.DataFrame) -> Position:
    return Position(
        limit_before_cents=_numbers(rows, pl.col("limit_before_cents")),
        balance_cents=np.maximum(_numbers(rows, pl.col("balance_end_cents")), 0),
        # An unknown PD is priced as certain default: nothing is raised on it.
        pd_ppm=_numbers(rows, pl.col("pd_ppm"), PPM),
        apr_bps=_numbers(rows, pl.col("apr_bps")),
    )


def _guard_bounds(rows: pl.DataFrame, constraints: Constraints) -> GuardBounds:
    """Return what every guard that fired says, as amounts."""
    shape = (rows.height, len(constraints.names))
    before = _numbers(rows, pl.col("limit_before_cents"))
    upper, lower = np.full(shape, NO_UPPER), np.full(shape, NO_LOWER)
    for guard in constraints.guards:
        column = constraints.names.index(guard.name)
        fired = rows[f"fired {guard.name}"].fill_null(False).to_numpy()
        if guard.amount is not None:
            bound = np.maximum(_numbers(rows, pl.col(f"amount {guard.name}")), 0)
        else:
            bound = np.zeros_like(before) if guard.effect == "close" else before
        if guard.effect in ("at_most", "no_raise", "freeze", "close"):
            if guard.precedence == "stability":  # limits raises, also where risk demands a cut
                bound = np.maximum(bound, before)
            upper[fired, column] = bound[fired]
        if guard.effect in ("at_least", "no_cut"):
            lower[fired, column] = bound[fired]
    return GuardBounds(constraints.names, constraints.classes, upper, lower, before)


def _first_chooser(rows: pl.DataFrame, policy: Policy) -> FirstLimits:
    evidence = pl.lit(None, pl.Int64)
    for name, rules in policy.segments.items():
        known = pl.coalesce(rules.first_limit.evidence)
        evidence = pl.when(pl.col("segment") == name).then(known).otherwise(evidence)
    return first_limits(
        _numbers(rows, evidence, UNKNOWN),
        _numbers(rows, pl.col("pd_ppm"), _UNKNOWN_PD),
        _segment_of(rows, policy),
        list(policy.segments.values()),
        policy.line,
    )


def _with_first_constraints(
    guards: GuardBounds, first: FirstLimits, constraints: Constraints
) -> GuardBounds:
    for name, held in zip(
        _FIRST_CONSTRAINTS, (first.declined_risk, first.income_too_low), strict=True
    ):
        guards.upper[held, constraints.names.index(name)] = 0
    return guards


def _decided(
    rows: pl.DataFrame,
    guards: GuardBounds,
    chooser: Chooser,
    constraints: Constraints,
    policy: Policy,
) -> pl.DataFrame:
    outcome = choice(guards, chooser)
    closed = _closed(rows, constraints.guards)
    limit = np.where(closed, 0, outcome.limit_cents)
    # What is given in full, or ended, needs no constraint to explain it.
    in_full = (limit == outcome.unguarded_cents) & (limit > guards.before)
    sets = deciding(guards, chooser, outcome, ~closed & ~in_full)
    worth, rung = _worth(rows, chooser, limit, policy)
    no_pd = rows["pd_ppm"].is_null()
    upper = pl.Series(np.where(closed, 0, outcome.upper_cents), dtype=pl.Int64)
    frame = pl.DataFrame(
        {
            "limit_cents": limit,
            "unguarded_limit_cents": outcome.unguarded_cents,
            "lower_bound_cents": np.where(closed, 0, outcome.lower_cents),
            "upper_bound_cents": upper.set(upper == int(NO_UPPER), None),
            "rung_bps": pl.Series(rung, dtype=pl.Int64).set(pl.Series(rung == NO_UPPER), None),
            "expected_loss_cents": pl.Series(worth.loss_cents).set(no_pd, None),
            "expected_profit_cents": pl.Series(worth.profit_cents).set(no_pd, None),
        }
    )
    named = {
        f"decided by {name}": sets[:, column] for column, name in enumerate(constraints.all_names)
    }
    return frame.with_columns(pl.col("rung_bps").cast(pl.Int32)).hstack(pl.DataFrame(named))


def _closed(rows: pl.DataFrame, guards: tuple[Guard, ...]) -> np.ndarray:
    closed = rows["line_status_before"].eq("closed").to_numpy().copy()
    for guard in guards:
        if guard.effect == "close":
            closed |= rows[f"fired {guard.name}"].fill_null(False).to_numpy()
    return closed


def _worth(
    rows: pl.DataFrame, chooser: Chooser, limit: np.ndarray, policy: Policy
) -> tuple[Expected, np.ndarray]:
    """Return what the chosen limits are expected to bring, and their steps of the ladder."""
    factor, rung = np.full(len(limit), PPM), np.full(len(limit), NO_UPPER)
    if isinstance(chooser, Candidates):
        factor = chooser.odds_factor_at(np.arange(len(limit)), limit)
        rung = chooser.step_of(limit)
    return expected(_position(rows), limit, factor, policy.economics), rung
