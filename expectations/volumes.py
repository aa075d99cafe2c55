"""Volumes: is a month as large as the months before it?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

import polars as pl

from expectations.profiles import Expected, Profile
from expectations.rule import AS_DECLARED, WARNING, Given, Rule
from transforms.mapping.expected import THRESHOLDS
from transforms.months import bounds, months_after
from transforms.tables.logs import EVENT_TYPES

_ALL = "events"
_VOLUMES = {
    **{"source": pl.String, "month": pl.Date},
    **{"event_type": pl.String, "events": pl.Int64},
}
_EXPECTED = {
    **{"source": pl.String, "event_type": pl.String, "is_apart": pl.Boolean, "severity": pl.String},
    **dict.fromkeys(THRESHOLDS["volume"], pl.Int64),
}

_COUNTED = """
    counted AS (
        SELECT source, month, event_type, sum(events)::BIGINT AS events
        FROM measured GROUP BY ALL
        UNION ALL FROM volumes
    ),
    every AS (
        FROM counted
        UNION ALL
        SELECT source, month, 'events', sum(events)::BIGINT FROM counted
        ANTI JOIN (FROM expected_volume WHERE is_apart) USING (source, event_type) GROUP BY ALL
    ),
    pairs AS (
        FROM compared_with CROSS JOIN (SELECT DISTINCT source, event_type FROM every)
    ),
    usual AS (
        SELECT pairs.source, pairs.month, pairs.event_type,
            median(coalesce(events, 0))::BIGINT AS usual
        FROM pairs LEFT JOIN every ON every.month = pairs.earlier
            AND every.source = pairs.source AND every.event_type = pairs.event_type
        GROUP BY ALL
    ),
    compared AS (
        SELECT source || ' ' || strftime(month, '%Y-%m') || ' ' || event_type AS item, severity,
            coalesce(events, 0)::BIGINT AS found, usual AS expected, month_at_least_bps,
            warning_below_bps
        FROM usual JOIN expected_volume USING (source, event_type)
        LEFT JOIN every USING (source, month, event_type)
        WHERE usual >= least_events AND severity <> 'off'
    )
"""
_READS = ("measured", "volumes", "compared_with", "expected_volume")

VOLUME_LOST = Rule(
    name="volume_lost",
    table="events",
    reads=_READS,
    sql=f"""
        WITH {_COUNTED}
        SELECT item, severity, found, expected FROM compared
        WHERE found * 10000 < expected * month_at_least_bps
    """,
    severity=AS_DECLARED,
    meaning="No month of a source has less than a tenth, or the share declared, of its usual "
    "events, in all or of one type.",
    broken="months and types with hardly any of their usual events",
    unit="events",
    remedy="If files are missing or cut, deliver them and extract again. If there really are so "
    'few, declare it in the mapping: [[expect]] what = "volume" with a severity.',
)
VOLUME_LOW = Rule(
    name="volume_low",
    table="events",
    reads=_READS,
    sql=f"""
        WITH {_COUNTED}
        SELECT item, found, expected FROM compared
        WHERE found * 10000 BETWEEN expected * month_at_least_bps
            AND expected * warning_below_bps - 1
    """,
    severity=WARNING,
    meaning="No month of a source has less than half, or the share declared, of its usual events, "
    "in all or of one type.",
    broken="months and types with fewer events than usual",
    unit="events",
    remedy="Ask the source system whether the drop is real.",
)
VOLUME_RULES = (VOLUME_LOST, VOLUME_LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What counts as usual: a month is compared with the median of months before it.

    Attributes:
        trailing_months: So many.
        least_trailing_months: With fewer of them it is not compared.
    """

    trailing_months: int = 12
    least_trailing_months: int = 3


def volume_figures(
    months: Iterable[date],
    time_zone: str,
    expected: Expected,
    profiles: Mapping[date, Profile],
    usual: Usual,
) -> dict[str, Given]:
    """Return what the rules of volume read.

    Args:
        months: Months whose events are judged, first days.
        time_zone: The lender's zone.
        expected: By source, what it is expected to keep up.
        profiles: Of each earlier month, what `profiles_of` made of its counts.
        usual: What a month is compared with.
    """
    judged = sorted(months)
    volumes = {m: of["types"] for m, of in sorted(profiles.items()) if "types" in of}
    pairs = _trailing(judged, {*volumes, *judged}, usual)
    stored = [
        (source, month, kind, count)
        for month, by_source in volumes.items()
        for source, types in by_source.items()
        for kind, count in types.items()
    ]
    return {
        "months": _spans([(month, month, months_after(month, 1)) for month in judged], time_zone),
        "days": _spans([day for month in judged for day in _days(month)], time_zone),
        "volumes": pl.DataFrame(stored, schema=_VOLUMES, orient="row"),
        "compared_with": pairs if pairs.height else None,
        "expected_volume": _expected(expected),
    }


def _expected(expected: Expected) -> pl.DataFrame:
    """Return one row for each source and type, and for its events in all.

    What is declared of a type by itself is its own matter: its events are not counted in all.
    """
    rows = []
    for source, expectations in sorted(expected.items()):
        declared = {each.event_type: each for each in expectations if each.what == "volume"}
        for kind in (_ALL, *EVENT_TYPES):
            if each := declared.get(kind) or declared.get(""):
                of = each.thresholds.values()
                rows.append((source, kind, kind in declared, each.severity, *of))
    return pl.DataFrame(rows, schema=_EXPECTED, orient="row")


def _trailing(judged: list[date], known: set[date], usual: Usual) -> pl.DataFrame:
    """Return, for each month with enough known months before it, those months."""
    pairs = []
    for month in judged:
        before = [months_after(month, -back) for back in range(1, usual.trailing_months + 1)]
        earlier = [(month, other) for other in before if other in known]
        pairs += earlier if len(earlier) >= usual.least_trailing_months else []
    return pl.DataFrame(pairs, schema={"month": pl.Date, "earlier": pl.Date}, orient="row")


def _days(month: date) -> list[tuple[date, date, date]]:
    count = (months_after(month, 1) - month).days
    days = [month + timedelta(days=offset) for offset in range(count)]
    return [(month, day, day + timedelta(days=1)) for day in days]


def _spans(spans: list[tuple[date, date, date]], time_zone: str) -> pl.DataFrame:
    """Return spans of days with their first instant and the first one after, in UTC."""
    rows = [(m, day, _instant(day, time_zone), _instant(end, time_zone)) for m, day, end in spans]
    instant = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        rows,
        schema={"month": pl.Date, "day": pl.Date, "starts_at": instant, "ends_at": instant},
        orient="row",
    )


def _instant(day: date, time_zone: str):
    start, _ = bounds(day.replace(day=1), time_zone)
    return start.replace(day=day.day).astimezone(UTC)
