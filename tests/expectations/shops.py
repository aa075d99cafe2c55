"""A shop's months, written as counts: events by day, by hour of the day, by code."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from expectations.completeness import COMPLETENESS_RULES
from expectations.drift import DRIFT_RULES
from expectations.gate import Report
from expectations.rules import EventsFigures, events_rules
from expectations.volumes import VOLUME_RULES
from tests.expectations.worlds import judged
from transforms.mapping.expected import THRESHOLDS, Expectation
from transforms.tables.logs import EVENTS

SEPTEMBER = date(2026, 9, 1)
AUGUST = date(2026, 8, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def expect(what: str, severity: str = "warning", **declared) -> Expectation:
    """Return one expectation with the thresholds declared, the others as by default."""
    about = {
        name: declared.pop(name)
        for name in ("event_types", "column", "event_type")
        if name in declared
    }
    thresholds = THRESHOLDS[what] | declared
    return Expectation(what=what, severity=severity, thresholds=thresholds, **about)


def events(groups: Iterable[tuple[datetime, int, Mapping]]) -> pl.DataFrame:
    """Return events of the shop.

    Args:
        groups: A moment in Shanghai, how many events, and other columns of them.
    """
    rows = [
        {"occurred_at": moment.replace(tzinfo=SHANGHAI), "event_type": "purchase", **values}
        for moment, count, values in groups
        for _ in range(count)
    ]
    frame = pl.DataFrame(rows, schema_overrides={"occurred_at": pl.Datetime("us", "Asia/Shanghai")})
    frame = frame.with_columns(
        pl.col("occurred_at").dt.convert_time_zone("UTC"),
        source=pl.lit("shop"),
        file_id=pl.lit("f1"),
        user_id=pl.lit("ana"),
        event_id=pl.int_range(pl.len()).cast(pl.String),
        source_line=pl.int_range(pl.len()) + 1,
    )
    rest = [pl.lit(None, dtype=t).alias(n) for n, t in EVENTS.schema.items() if n not in frame]
    return frame.with_columns(rest).select(EVENTS.schema.names()).cast(dict(EVENTS.schema))


def each_day(month: date, counts: Iterable[int]) -> pl.DataFrame:
    """Return so many events at noon of each day of a month, from the first day."""
    noon = datetime(month.year, month.month, 1, 12)
    return events((noon + timedelta(days=day), count, {}) for day, count in enumerate(counts))


def each_hour(month: date, counts: Iterable[int]) -> pl.DataFrame:
    """Return so many events at each hour of the day, from midnight, on the month's second day."""
    second = datetime(month.year, month.month, 2)
    return events((second + timedelta(hours=hour), n, {}) for hour, n in enumerate(counts))


def of_codes(month: date, **counts: int) -> pl.DataFrame:
    """Return so many purchases through each channel."""
    noon = datetime(month.year, month.month, 2, 12)
    return events((noon, count, {"channel": name}) for name, count in counts.items())


def report(folder, found: pl.DataFrame, *expected: Expectation, months=(SEPTEMBER,), **figures):
    """Hold events of the shop against what it is expected to keep up, and against nothing else."""
    given = {"months": list(months), "time_zone": "Asia/Shanghai", "expected": {"shop": expected}}
    rules = events_rules(EventsFigures(intake=pl.DataFrame(), **given | figures))
    return judged(
        folder,
        {"events": found},
        replace(rules, rows=(*VOLUME_RULES, *COMPLETENESS_RULES, *DRIFT_RULES)),
    )


def said(found: Report) -> list[str]:
    """Return severity and finding of all that is broken, without table and remedy."""
    return [
        f"{failure.severity}: {failure.message.removeprefix('Table events: ').split('. ')[0]}"
        for failure in (*found.failures, *found.warnings)
    ]
