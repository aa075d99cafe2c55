"""Segment rules: ladder, caps and first limits of consumers and of micro-businesses."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.policies.economics import PPM
from transforms.policies.guards import FIRST_LIMIT_ONLY
from transforms.tables.logs import SEGMENTS

LARGEST_CENTS = 1_000_000_000_000  # economics fit 64 bits up to here
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The largest first limit up to a PD, which is included."""

    pd_at_most_ppm: int
    at_most_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLimit:
    """How much an applicant is granted.

    Attributes:
        evidence: Columns of monthly income in cents; the first that is known counts.
        share_bps: Share of the monthly income that is granted.
        starter_cents: Granted where no evidence exists.
        band: Largest first limits by PD, ascending; above the last PD an applicant is declined.
        source: Where the numbers come from.
    """

    evidence: tuple[str, ...]
    share_bps: int
    starter_cents: int
    band: tuple[Band, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRules:
    """Rules of one segment.

    Attributes:
        ladder_bps: Steps against the present limit, ascending; 0 is among them.
        odds_factor_ppm: Factor on the odds of default at each step, max(1, 1 + step)^beta.
        cap_cents: Largest limit that this policy raises a line to.
        pd_cut_ppm: PD up to which a line may be raised.
        hysteresis_bps: A raise is earned this far below the cut, and lost this far above it.
        review_months: Months from one review to the next, from the line's opening on.
        first_limit: See there.
        source: Where the numbers come from.
    """

    ladder_bps: tuple[int, ...]
    odds_factor_ppm: tuple[int, ...]
    cap_cents: int
    pd_cut_ppm: int
    hysteresis_bps: int
    review_months: int
    first_limit: FirstLimit
    source: str

    @property
    def pd_raise_below_ppm(self) -> int:
        """Return the PD at or below which a raise is earned."""
        return self.pd_cut_ppm * (10_000 - self.hysteresis_bps) // 10_000

    @property
    def pd_lost_above_ppm(self) -> int:
        """Return the PD above which a raise is lost."""
        return self.pd_cut_ppm * (10_000 + self.hysteresis_bps) // 10_000


def section(declared: Declared, path: Path, kind: type[S], **read: Any) -> S:
    """Read the table at `path` as a `kind`: whole numbers from 0 up, and texts.

    Args:
        declared: The policy's text.
        path: Where the table stands.
        kind: A dataclass whose fields are the keys.
        read: Fields that the caller has read already.

    Raises:
        RefusedError: A key is unknown, missing, no whole number, negative or too large.
    """
    names = {field.name: field.type for field in fields(kind)}
    declared.require_keys(path, (), names)
    values = dict(read)
    for name, kind_of_value in names.items():
        if name in read:
            continue
        value = declared.at((*path, name))
        if kind_of_value in ("str", str):
            if not isinstance(value, str) or not value.strip():
                raise declared.refused((*path, name), f"{name} is empty. Say it in a sentence.")
        elif type(value) is not int or not 0 <= value <= _largest(name):
            raise declared.refused(
                (*path, name),
                f"{name} = {value!r} is not a whole number from 0 to {_largest(name)}.",
            )
        values[name] = value
    return kind(**values)


def _largest(name: str) -> int:
    if name.endswith("_ppm"):
        return PPM
    if name in ("lgd_bps", "ccf_bps", "marginal_use_bps", "initial_use_bps", "capital_ratio_bps"):
        return 10_000
    return 100_000 if name.endswith("_bps") else LARGEST_CENTS


def segments_of(
    declared: Declared, floor_cents: int, columns: Mapping[str, pl.DataType]
) -> dict[str, SegmentRules]:
    """Read `[segment.<name>]` of every segment.

    Raises:
        RefusedError: A segment or one of its rules is missing, unknown or contradictory.
    """
    declared.require_keys(("segment",), (), SEGMENTS)
    return {name: _segment(declared, name, floor_cents, columns) for name in SEGMENTS}


def _segment(
    declared: Declared, name: str, floor_cents: int, columns: Mapping[str, pl.DataType]
) -> SegmentRules:
    path: Path = ("segment", name)
    declared.require_keys(path, (), [field.name for field in fields(SegmentRules)])
    rules = section(
        declared,
        path,
        SegmentRules,
        ladder_bps=_whole_numbers(declared, (*path, "ladder_bps")),
        odds_factor_ppm=_whole_numbers(declared, (*path, "odds_factor_ppm")),
        first_limit=_first_limit(declared, (*path, "first_limit"), columns),
    )
    _require_ladder(declared, path, rules)
    if rules.cap_cents < floor_cents:
        raise declared.refused(
            (*path, "cap_cents"), f"cap {rules.cap_cents} lies below the floor {floor_cents}."
        )
    if not floor_cents <= rules.first_limit.starter_cents <= rules.cap_cents:
        raise declared.refused(
            (*path, "first_limit", "starter_cents"),
            f"the starter limit must lie between the floor {floor_cents} and the cap "
            f"{rules.cap_cents}.",
        )
    if not 0 < rules.review_months <= 12:
        raise declared.refused((*path, "review_months"), "review_months must be 1 to 12.")
    return rules


def _whole_numbers(declared: Declared, path: Path) -> tuple[int, ...]:
    values = declared.at(path)
    if not isinstance(values, list) or any(type(value) is not int for value in values):
        raise declared.refused(path, f"{path[-1]} must be a list of whole numbers.")
    return tuple(values)


def _require_ladder(declared: Declared, path: Path, rules: SegmentRules) -> None:
    ladder, factors = rules.ladder_bps, rules.odds_factor_ppm
    if 0 not in ladder or list(ladder) != sorted(set(ladder)) or ladder[0] <= -10_000:
        raise declared.refused(
            (*path, "ladder_bps"),
            f"the ladder {list(ladder)} must ascend from above -10000 and contain 0, which holds.",
        )
    ascending = list(factors) == sorted(factors) and len(factors) == len(ladder)
    held = all(f == PPM for f, step in zip(factors, ladder, strict=False) if step <= 0)
    if not ascending or not held or factors[-1] > 2 * PPM:
        raise declared.refused(
            (*path, "odds_factor_ppm"),
            f"needs one factor per step of the ladder ({len(ladder)}): {PPM} up to step 0, then "
            f"never falling, at most {2 * PPM}. A higher limit never lowers risk.",
        )


def _first_limit(declared: Declared, path: Path, columns: Mapping[str, pl.DataType]) -> FirstLimit:
    declared.require_keys(path, (), [field.name for field in fields(FirstLimit)])
    evidence = declared.at((*path, "evidence"))
    if not isinstance(evidence, list) or not evidence:
        raise declared.refused((*path, "evidence"), "evidence must list columns of income.")
    for name in evidence:
        if name not in columns:
            raise declared.refused(
                (*path, "evidence"), f"no column {name!r}.{nearest(str(name), columns)}"
            )
        if columns[name] != pl.Int64() or name == FIRST_LIMIT_ONLY:
            raise declared.refused((*path, "evidence"), f"{name!r} is no amount in cents.")
    return section(
        declared, path, FirstLimit, evidence=tuple(evidence), band=_bands(declared, path)
    )


def _bands(declared: Declared, path: Path) -> tuple[Band, ...]:
    rows = declared.at((*path, "band"))
    if not isinstance(rows, list) or not rows:
        raise declared.refused((*path, "band"), "needs at least one band.")
    bands = tuple(section(declared, (*path, "band", i), Band) for i in range(len(rows)))
    for index, (lower, upper) in enumerate(zip(bands, bands[1:], strict=False), start=1):
        if (
            upper.pd_at_most_ppm <= lower.pd_at_most_ppm
            or upper.at_most_cents > lower.at_most_cents
        ):
            raise declared.refused(
                (*path, "band", index), "bands must ascend in PD and never ascend in amount."
            )
    return bands
