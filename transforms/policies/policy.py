"""Policy: what the lender decided, as dated data: line rules, economics, guards, tolerances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

import numpy as np
import polars as pl

from transforms.declared import Declared, Path
from transforms.errors import RefusedError
from transforms.policies.conditions import condition_of
from transforms.policies.economics import BPS, Economics
from transforms.policies.guards import FIRST_LIMIT_ONLY, Guard, guards_of
from transforms.policies.segment_rules import SegmentRules, section, segments_of

STATES = ("soft_trigger", "raise_eligible")  # decided in one run, read by the next as *_before
_SECTIONS = ("line", "economics", "tolerances")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """Rules of every line.

    Attributes:
        floor_cents: Smallest limit that is granted.
        round_to_cents: Limits on the ladder are rounded down to a multiple of this.
        smallest_change_bps, smallest_change_cents: A step smaller than either is not worth making.
        freeze_days: A freeze expires after this, unless it is renewed.
        raise_notice_days, lower_notice_days: Days between the decision and its effect.
        source: Where the numbers come from.
    """

    floor_cents: int
    round_to_cents: int
    smallest_change_bps: int
    smallest_change_cents: int
    freeze_days: int
    raise_notice_days: int
    lower_notice_days: int
    source: str

    def rounded_cents(self, cents: int | np.ndarray) -> int | np.ndarray:
        """Return amounts rounded down as limits on the ladder are."""
        return cents // self.round_to_cents * self.round_to_cents

    def least_change_cents(self, before_cents: int | np.ndarray) -> int | np.ndarray:
        """Return by how much limits change at least, if they change by a step."""
        share = -(-before_cents * self.smallest_change_bps // BPS)
        return np.maximum(self.smallest_change_cents, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """Largest movements of a month that are published without a person's approval.

    Attributes:
        raised_share_bps, lowered_share_bps, frozen_share_bps: Share of the open lines.
        line_growth_bps: Growth of the sum of limits.
        change_share_bps: Largest change of one limit against the limit before.
        fewest_lines: A portfolio with fewer open lines is not judged by shares.
        source: Where the numbers come from.
    """

    raised_share_bps: int
    lowered_share_bps: int
    frozen_share_bps: int
    line_growth_bps: int
    change_share_bps: int
    fewest_lines: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the policy, in force from `effective_from` until the next one.

    Attributes:
        effective_from: First decision date that it decides.
        source: The minute, regulation or memo that it comes from.
        late_months: Facts may be revised this many months back.
        line, economics, tolerances: See there.
        segments: Rules by segment.
        states: Conditions that one run records for the next, by name in STATES.
        guards: In order of class, then of the file.
    """

    effective_from: date
    source: str
    late_months: int
    line: LineRules
    economics: Economics
    tolerances: Tolerances
    segments: Mapping[str, SegmentRules]
    states: Mapping[str, pl.Expr]
    guards: tuple[Guard, ...]

    @property
    def read_by_states(self) -> frozenset[str]:
        """Return the columns that the states of a run rest on."""
        return frozenset(name for state in self.states.values() for name in state.meta.root_names())

    @property
    def version(self) -> str:
        """Return how a decision names the policy."""
        return self.effective_from.isoformat()


def policy_of(declared: Declared, columns: Mapping[str, pl.DataType]) -> Policy:
    """Read a policy and check everything that could fail later.

    Args:
        declared: The policy's text.
        columns: Columns that its SQL may name; see `transforms.deciding.terms.guard_columns`.

    Raises:
        RefusedError: Something is missing, unknown, of the wrong type or contradicts; names the
            file, the line and the nearest valid name.
    """
    declared.require_keys(
        (),
        (),
        ("effective_from", "source", "late_months", *_SECTIONS, "states", "segment", "guard"),
    )
    if type(declared.data["effective_from"]) is not date:
        raise declared.refused(("effective_from",), "effective_from is no date. Write 2026-01-01.")
    late_months = declared.data["late_months"]
    if type(late_months) is not int or not 0 <= late_months <= 12:
        raise declared.refused(("late_months",), "late_months must be a whole number, 0 to 12.")
    line = section(declared, ("line",), LineRules)
    if not 0 < line.round_to_cents <= line.floor_cents:
        raise declared.refused(
            ("line", "round_to_cents"),
            f"round_to_cents {line.round_to_cents} must be above 0 and at most the floor "
            f"{line.floor_cents}.",
        )
    return Policy(
        effective_from=declared.data["effective_from"],
        source=declared.data["source"],
        late_months=late_months,
        line=line,
        economics=section(declared, ("economics",), Economics),
        tolerances=section(declared, ("tolerances",), Tolerances),
        segments=segments_of(declared, line.floor_cents, columns),
        states=_states(declared, columns),
        guards=guards_of(declared, {**columns, **{name: pl.Boolean() for name in STATES}}),
    )


def _states(declared: Declared, columns: Mapping[str, pl.DataType]) -> dict[str, pl.Expr]:
    path: Path = ("states",)
    declared.require_keys(path, (), STATES)
    known = {name: dtype for name, dtype in columns.items() if name not in STATES}
    states = {}
    for name in STATES:
        states[name], reads = condition_of(declared, (*path, name), known)
        if FIRST_LIMIT_ONLY in reads:
            raise declared.refused(
                (*path, name), f"only a first limit may read {FIRST_LIMIT_ONLY}. Remove it."
            )
    return states


class Dated(Protocol):
    """Something that holds from a day on."""

    @property
    def effective_from(self) -> date:
        """Return the first decision date that it holds for."""


T = TypeVar("T", bound=Dated)


def in_force(dated: Sequence[T], on: date) -> T:
    """Return the latest of `dated` that is in force on the decision date `on`.

    Raises:
        RefusedError: None is in force yet, or two begin on the same day.
    """
    begun = [item for item in dated if item.effective_from <= on]
    kind = type(dated[0]).__name__.lower() if dated else "policy"
    if not begun:
        first = min((item.effective_from for item in dated), default=None)
        known = f"the first begins on {first}" if first else "none was found"
        raise RefusedError(
            f"No {kind} is in force on {on}: {known}. Add one with an earlier effective_from."
        )
    latest = max(item.effective_from for item in begun)
    found = [item for item in begun if item.effective_from == latest]
    if len(found) > 1:
        raise RefusedError(
            f"{len(found)} times {kind} begins on {latest}: which one holds is unclear. "
            "Give one of them another effective_from."
        )
    return found[0]
