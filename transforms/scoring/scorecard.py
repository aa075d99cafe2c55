"""The scorecard: points by feature and the default probability they stand for, as dated data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from transforms.declared import Declared, nearest
from transforms.features.catalogue import CATALOGUE
from transforms.features.feature import Dimension, Effect, Feature

SOCIAL_POINTS_AT_MOST = 20
_FEATURES = {feature.name: feature for feature in CATALOGUE}
_KEYS = (
    "name",
    "effective_from",
    "source",
    "label_id",
    "horizon_months",
    "calibrated_to",
    "base_points",
    "pd_ppm",
    "feature",
)


@dataclass(frozen=True, slots=True)
class Bin:
    """Points of the values above the bin before and at most `at_most`; None is no end."""

    at_most: int | float | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFeature:
    """How one feature is scored.

    Attributes:
        name: Feature of the catalogue.
        bins: Ascending; the last one has no end.
        null_points: Points of an unknown value: what the population earns on average.
        best_points: Most points that a user can attain; points lost count from here.
    """

    name: str
    bins: tuple[Bin, ...]
    null_points: int
    best_points: int

    @property
    def spread(self) -> int:
        """Return the points between the worst bin and the best."""
        points = [one.points for one in self.bins]
        return max(points) - min(points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """One version of the scorecard, in force from `effective_from` until the next one.

    Attributes:
        version: Name and first day, as tables and audit entries record it.
        label_id, horizon_months, calibrated_to: What the probability is the probability of.
        base_points: Points before any feature.
        pd_ppm: (points, ppm) by ascending points; between two rows the probability lies on the
            straight line, rounded down to a ppm; outside them it is that of the nearest row.
    """

    name: str
    effective_from: date
    source: str
    label_id: str
    horizon_months: int
    calibrated_to: str
    base_points: int
    pd_ppm: tuple[tuple[int, int], ...]
    features: tuple[ScoredFeature, ...]

    @property
    def version(self) -> str:
        """Return name and first day."""
        return f"{self.name}-{self.effective_from.isoformat()}"


def scorecard_of(declared: Declared) -> Scorecard:
    """Read a scorecard from its text.

    Raises:
        RefusedError: A key, a feature, a bin or the points table is not valid; names the line.
    """
    declared.require_keys((), _KEYS, _KEYS)
    _require_types(declared)
    scored = tuple(_scored(declared, index) for index in range(len(declared.data["feature"])))
    _require_each_once(declared, scored)
    _require_little_social(declared, scored)
    plain = {key: declared.data[key] for key in _KEYS if key not in ("pd_ppm", "feature")}
    return Scorecard(**plain, pd_ppm=tuple(_pd_rows(declared)), features=scored)


def _require_types(declared: Declared) -> None:
    expected = {
        **dict.fromkeys(("name", "source", "label_id", "calibrated_to"), (str, "a text")),
        **dict.fromkeys(("horizon_months", "base_points"), (int, "a whole number")),
        **dict.fromkeys(("pd_ppm", "feature"), (list, "a list")),
        "effective_from": (date, "a date such as 2026-01-01"),
    }
    for key, (kind, what) in expected.items():
        if type(declared.data[key]) is not kind:
            raise declared.refused((key,), f"{key} must be {what}.")


def _pd_rows(declared: Declared) -> Iterator[tuple[int, int]]:
    rows = declared.data["pd_ppm"]
    for position, row in enumerate(rows, start=1):
        if not _is_whole_list(row, 2) or not 0 < row[1] < 1_000_000:
            raise declared.refused(
                ("pd_ppm",),
                f"row {position} of pd_ppm must be [points, ppm] in whole numbers, ppm between "
                "0 and 1,000,000.",
            )
        yield row[0], row[1]
    for position, (low, high) in enumerate(pairwise(rows), start=2):
        if high[0] <= low[0] or high[1] >= low[1]:
            raise declared.refused(
                ("pd_ppm",),
                f"row {position} of pd_ppm, {high}, must have more points and fewer ppm than the "
                f"row before, {low}.",
            )
    if len(rows) < 2:
        raise declared.refused(("pd_ppm",), "pd_ppm needs at least two rows.")


def _is_whole_list(row: object, length: int) -> bool:
    return isinstance(row, list) and len(row) == length and all(type(x) is int for x in row)


def _scored(declared: Declared, index: int) -> ScoredFeature:
    path = ("feature", index)
    declared.require_keys(path, ("best_points",), ("name", "null_points", "bins"))
    row = declared.at(path)
    feature = _scorable(declared, path, row["name"])
    bins = tuple(_bins(declared, path, row["bins"]))
    _require_direction(declared, path, feature, bins)
    points = [one.points for one in bins]
    for key in ("null_points", "best_points"):
        value = row.get(key, max(points))
        if type(value) is not int or not min(points) <= value <= max(points):
            raise declared.refused(
                (*path, key),
                f"{key} of {feature.name} must be a whole number between its worst bin, "
                f"{min(points)}, and its best, {max(points)}.",
            )
    return ScoredFeature(
        name=feature.name,
        bins=bins,
        null_points=row["null_points"],
        best_points=row.get("best_points", max(points)),
    )


def _scorable(declared: Declared, path: tuple, name: object) -> Feature:
    scorable = [
        feature.name
        for feature in CATALOGUE
        if feature.dimension != Dimension.CONTEXT and feature.effect != Effect.NEITHER
    ]
    feature = _FEATURES.get(name) if isinstance(name, str) else None
    if feature is None:
        raise declared.refused(
            (*path, "name"), f"unknown feature {name!r}.{nearest(str(name), scorable)}"
        )
    if feature.dimension == Dimension.CONTEXT:
        raise declared.refused(
            (*path, "name"), f"{name} is context, which is never scored. Remove it."
        )
    if feature.effect == Effect.NEITHER:
        raise declared.refused(
            (*path, "name"),
            f"{name} is declared to move the score neither way. Remove it, or change its effect "
            "in the catalogue.",
        )
    return feature


def _bins(declared: Declared, path: tuple, rows: object) -> Iterator[Bin]:
    where = (*path, "bins")
    if not isinstance(rows, list) or not rows:
        raise declared.refused(where, "bins must be a list of { at_most = ..., points = ... }.")
    before: int | float | None = None
    for position, row in enumerate(rows, start=1):
        last = position == len(rows)
        wanted = {"points"} if last else {"at_most", "points"}
        if not isinstance(row, dict) or set(row) != wanted or type(row["points"]) is not int:
            raise declared.refused(
                where,
                f"bin {position} must be {{ {', '.join(sorted(wanted))} }}, points a whole "
                "number. Only the last bin, which has no end, goes without at_most, so that no "
                "value is left without points.",
            )
        edge = row.get("at_most")
        if not last and type(edge) not in (int, float):
            raise declared.refused(where, f"at_most of bin {position} must be a number.")
        if not last and before is not None and edge <= before:
            raise declared.refused(
                where,
                f"bin {position} ends at {edge}, not above the bin before, {before}: the two "
                "overlap. Order the bins by at_most.",
            )
        before = edge
        yield Bin(edge, row["points"])


def _require_direction(
    declared: Declared, path: tuple, feature: Feature, bins: tuple[Bin, ...]
) -> None:
    sign = 1 if feature.effect == Effect.RAISES else -1
    for position, (lower, higher) in enumerate(pairwise(bins), start=2):
        if (higher.points - lower.points) * sign < 0:
            raise declared.refused(
                (*path, "bins"),
                f"bin {position} of {feature.name} goes from {lower.points} to {higher.points} "
                f"points, but a larger value of it {feature.effect.value} the score. "
                "Correct the points.",
            )


def _require_each_once(declared: Declared, scored: tuple[ScoredFeature, ...]) -> None:
    seen: set[str] = set()
    for index, one in enumerate(scored):
        if one.name in seen:
            raise declared.refused(
                ("feature", index, "name"), f"{one.name} is scored twice. Keep one."
            )
        seen.add(one.name)


def _require_little_social(declared: Declared, scored: tuple[ScoredFeature, ...]) -> None:
    social = [
        (index, one.spread)
        for index, one in enumerate(scored)
        if _FEATURES[one.name].dimension == Dimension.SOCIAL
    ]
    total = sum(spread for _, spread in social)
    if total > SOCIAL_POINTS_AT_MOST:
        raise declared.refused(
            ("feature", social[-1][0], "bins"),
            f"social features may move the score by {SOCIAL_POINTS_AT_MOST} points in all, here "
            f"by {total}. Bring their bins closer together.",
        )
