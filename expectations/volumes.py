"""Volumes: is a month as large as the months before it?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

import polars as pl

from expectations.rule import WARNING, Given, Rule
from transforms.months import bounds, months_after

_COUNTED = """
    stored AS (
        SELECT month, event_type, sum(events)::BIGINT AS events FROM measured GROUP BY ALL
    ),
    counted AS (
        FROM stored UNION ALL SELECT month, event_type, events FROM volumes
    ),
    every AS (
        FROM counted UNION ALL SELECT month, 'events', sum(events) FROM counted GROUP BY ALL
    ),
    usual AS (
        SELECT compared_with.month, kinds.event_type, median(coalesce(events, 0))::BIGINT AS usual
        FROM compared_with CROSS JOIN (SELECT DISTINCT event_type FROM every) AS kinds
        LEFT JOIN every
            ON every.month = compared_with.earlier AND every.event_type = kinds.event_type
        GROUP BY ALL
    ),
    compared AS (
        SELECT strftime(usual.month, '%Y-%m') || ' ' || usual.event_type AS item,
            coalesce(events, 0)::BIGINT AS found, usual AS expected
        FROM usual LEFT JOIN every USING (month, event_type), figures
        WHERE usual >= least_usual_events
    )
"""
_READS = ("measured", "volumes", "compared_with")

VOLUME_LOST = Rule(
    name="volume_lost",
    table="events",
    reads=(*_READS, "volume_critical_bps"),
    sql=f"""
        WITH {_COUNTED}
        SELECT item, found, expected FROM compared, figures
        WHERE found * 10000 < expected * volume_critical_bps
    """,
    meaning="No month has a tenth or less of its usual events, in all or of one type.",
    broken="months and types with hardly any of their usual events",
    unit="events",
    remedy="Ask the source system whether files are missing or cut; deliver them, extract again.",
)
VOLUME_LOW = Rule(
    name="volume_low",
    table="events",
    reads=(*_READS, "volume_critical_bps", "volume_warning_bps"),
    sql=f"""
        WITH {_COUNTED}
        SELECT item, found, expected FROM compared, figures
        WHERE found * 10000 BETWEEN expected * volume_critical_bps
            AND expected * volume_warning_bps - 1
    """,
    severity=WARNING,
    meaning="No month has less than half of its usual events, in all or of one type.",
    broken="months and types with fewer events than usual",
    unit="events",
    remedy="Ask the source system whether the drop is real.",
)
VOLUME_RULES = (VOLUME_LOST, VOLUME_LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What counts as usual, and how far from it is too far.

    Attributes:
        trailing_months, least_trailing_months: A month is compared with the median of so many
            months before it; with fewer than the least it is not compared.
        volume_critical_bps, volume_warning_bps: Share of the usual below which a month fails.
        least_usual_events: Types with fewer events a month are not compared.
    """

    trailing_months: int = 12
    least_trailing_months: int = 3
    volume_critical_bps: int = 1_000
    volume_warning_bps: int = 5_000
    least_usual_events: int = 200


def volume_figures(
    months: Iterable[date],
    time_zone: str,
    volumes: Mapping[date, Mapping[str, int]],
    usual: Usual,
) -> dict[str, Given]:
    """Return what the rules of volume read.

    Args:
        months: Months whose events are judged, first days.
        time_zone: The lender's zone.
        volumes: Of each earlier month, events by type; a month that is here had facts.
        usual: Thresholds.
    """
    judged = sorted(months)
    earlier = [month for month in volumes if month not in judged]
    pairs = _trailing(judged, {*earlier, *judged}, usual)
    stored = [(m, kind, count) for m in sorted(earlier) for kind, count in volumes[m].items()]
    return {
        "months": _spans([(month, month, months_after(month, 1)) for month in judged], time_zone),
        "days": _spans([day for month in judged for day in _days(month)], time_zone),
        "volumes": pl.DataFrame(
            stored,
            schema={"month": pl.Date, "event_type": pl.String, "events": pl.Int64},
            orient="row",
        ),
        "compared_with": pairs if pairs.height else None,
        "volume_critical_bps": usual.volume_critical_bps,
        "volume_warning_bps": usual.volume_warning_bps,
        "least_usual_events": usual.least_usual_events,
    }


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
