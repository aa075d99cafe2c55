"""Profiles: how a month's events are spread over days, hours and values, counted once.

Several rules ask the same counts, so they are prepared once from the events as written. What later
months are compared with is kept in the audit entry: counts, never events.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from expectations.rule import Given
from transforms.mapping.expected import THRESHOLDS, Expectation
from transforms.months import months_after

MONTHS_BACK = 3
_MOST_BINS = 63  # the others are one bin, `*`
_QUARTER_US = 900_000_000  # every zone of our time is off by whole quarters of an hour
_Z_95 = 1.6448536269514722

_MEASURED = f"""
    WITH quarters AS (
        SELECT source, event_type::VARCHAR AS event_type,
            epoch_us(occurred_at) // {_QUARTER_US} AS quarter, count(*) AS events
        FROM events GROUP BY ALL
    ),
    spans AS (
        SELECT month, day, epoch_us(starts_at) // {_QUARTER_US} AS begins,
            epoch_us(ends_at) // {_QUARTER_US} AS ends
        FROM days
    )
    SELECT source, event_type, month, day, least((quarter - begins) // 4, 23) AS hour,
        sum(events)::BIGINT AS events
    FROM quarters ASOF JOIN spans ON quarter >= begins
    WHERE quarter < ends
    GROUP BY ALL
"""
_DAY_COUNTS = """
    WITH sources AS (
        SELECT source FROM measured UNION SELECT source FROM days_before
    ),
    counted AS (SELECT source, day, sum(events) AS events FROM measured GROUP BY ALL)
    SELECT source, month, day, coalesce(events, 0)::BIGINT AS events, true AS judged
    FROM sources CROSS JOIN days LEFT JOIN counted USING (source, day)
    UNION ALL
    SELECT source, month, day, events, false FROM days_before
"""
_HOUR_COUNTS = """
    SELECT source, month, hour, sum(events)::BIGINT AS events, true AS judged
    FROM measured GROUP BY ALL
    UNION ALL
    SELECT source, month, hour, events, false FROM hours_before
"""
# A series of 1, 2 and 5: three bins for each power of ten, from digits alone.
_AMOUNT = """
    CASE WHEN amount_cents <= 0 THEN sign(amount_cents)::BIGINT::VARCHAR
        ELSE CASE WHEN left(amount_cents::VARCHAR, 1) < '2' THEN '1'
            WHEN left(amount_cents::VARCHAR, 1) < '5' THEN '2' ELSE '5' END
            || repeat('0', length(amount_cents::VARCHAR)::INT - 1)
    END
"""
_BINS = {"value": "(value // bin_width * bin_width)::VARCHAR", "amount_cents": _AMOUNT}
_OF_MEASURE = """
    SELECT events.source, month, '{measure}' AS measure, coalesce({bin}, 'none') AS bin,
        count(*)::BIGINT AS events
    FROM events
    JOIN expected_values AS wanted
        ON wanted.source = events.source AND wanted.measure = '{measure}'
    ASOF JOIN months ON events.occurred_at >= months.starts_at
    WHERE events.occurred_at < months.ends_at {only}
    GROUP BY ALL
"""
_VALUE_COUNTS = """
    WITH counted AS ({counted}),
    ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY source, month, measure ORDER BY events DESC, bin
        ) AS place
        FROM counted
    )
    SELECT source, month, measure, if(place > {most}, '*', bin) AS bin,
        sum(events)::BIGINT AS events, true AS judged
    FROM ranked GROUP BY ALL
    UNION ALL
    SELECT source, month, measure, bin, events, false FROM values_before
"""
_NO_VALUES = (
    "SELECT source, month, ''::VARCHAR AS measure, ''::VARCHAR AS bin, events FROM measured "
    "WHERE false"
)

KEPT = {
    "days": "SELECT source, month, extract(day FROM day), events FROM day_counts WHERE judged",
    "hours": "SELECT source, month, hour, events FROM hour_counts WHERE judged",
    "values": "SELECT source, month, measure, bin, events FROM value_counts WHERE judged",
    "types": "SELECT source, month, event_type, sum(events)::BIGINT FROM measured GROUP BY ALL",
}
Expected = Mapping[str, Sequence[Expectation]]
Profile = dict[str, dict[str, Any]]


def prepared(expected: Expected) -> dict[str, str]:
    """Return the SQL of the counts that rules read, by name.

    Args:
        expected: By source, what it is expected to keep up.
    """
    measures = {
        (each.measure, each.column, each.event_type) for _, each in _every(expected, "values")
    }
    parts = [
        _OF_MEASURE.format(
            measure=measure,
            bin=_BINS.get(column, f"events.{column}::VARCHAR"),
            only=f"AND events.event_type = '{kind}'" if kind else "",
        )
        for measure, column, kind in sorted(measures)
    ]
    counted = " UNION ALL ".join(parts) or _NO_VALUES
    return {
        "measured": _MEASURED,
        "day_counts": _DAY_COUNTS,
        "hour_counts": _HOUR_COUNTS,
        "value_counts": _VALUE_COUNTS.format(counted=counted, most=_MOST_BINS),
    }


def profile_figures(expected: Expected, profiles: Mapping[date, Profile]) -> dict[str, Given]:
    """Return what the rules of completeness and drift read besides the events.

    Args:
        expected: By source, what it is expected to keep up.
        profiles: Of each earlier month, what `profiles_of` made of its counts; the last
            `MONTHS_BACK` are used.
    """
    earlier = {month: profiles[month] for month in sorted(profiles)[-MONTHS_BACK:]}
    framed = [what for what in THRESHOLDS if what not in ("clocks", "volume")]
    return {
        **{f"expected_{what}": _frame(expected, what) for what in framed},
        "days_before": _rows(_days_before(earlier), ("source", "month", "day", "events")),
        "hours_before": _rows(_hours_before(earlier), ("source", "month", "hour", "events")),
        "values_before": _rows(
            _values_before(earlier), ("source", "month", "measure", "bin", "events")
        ),
        "chi_square": pl.DataFrame(
            {"degrees": range(1, 101), "most": [chi_square_95(k) for k in range(1, 101)]}
        ),
        "least_days_begun": 7,
        "least_active_hours": 6,
        "least_share_bps": 1,
    }


def chi_square_95(degrees: int) -> float:
    """Return the 95 % point of chi-square, off by at most 3 % (1 degree) and 0.3 % (from 4).

    Source: Wilson and Hilferty 1931, The distribution of chi-square, PNAS 17:684.
    """
    ninth = 2 / (9 * degrees)
    return degrees * (1 - ninth + _Z_95 * ninth**0.5) ** 3


def profiles_of(kept: Mapping[str, list[tuple]]) -> dict[date, Profile]:
    """Return the counts that a validation kept, by month, as JSON knows them.

    Returns:
        By month: `days`, by source a list of counts by day; `hours`, by source 24 counts;
        `values`, by source and measure the counts by bin; `types`, by source the counts by type.
    """
    found: dict[date, Profile] = {}
    for name in ("days", "hours"):
        for source, month, position, events in kept.get(name, ()):
            length = 24 if name == "hours" else (months_after(month, 1) - month).days
            counts = _of(found, month)[name].setdefault(source, [0] * length)
            counts[position - (name == "days")] = events
    for source, month, measure, bin_, events in kept.get("values", ()):
        bins = _of(found, month)["values"].setdefault(source, {}).setdefault(measure, {})
        bins[bin_] = bins.get(bin_, 0) + events
    for source, month, kind, events in kept.get("types", ()):
        _of(found, month)["types"].setdefault(source, {})[kind] = events
    return found


def _of(found: dict[date, Profile], month: date) -> Profile:
    return found.setdefault(month, {"days": {}, "hours": {}, "values": {}, "types": {}})


def _days_before(profiles: Mapping[date, Profile]) -> Iterable[tuple]:
    for month, profile in profiles.items():
        for source, counts in profile["days"].items():
            for position, events in enumerate(counts):
                yield source, month, month + timedelta(days=position), events


def _hours_before(profiles: Mapping[date, Profile]) -> Iterable[tuple]:
    for month, profile in profiles.items():
        for source, counts in profile["hours"].items():
            for hour, events in enumerate(counts):
                yield source, month, hour, events


def _values_before(profiles: Mapping[date, Profile]) -> Iterable[tuple]:
    for month, profile in profiles.items():
        for source, measures in profile["values"].items():
            for measure, bins in measures.items():
                for bin_, events in bins.items():
                    yield source, month, measure, bin_, events


def _rows(rows: Iterable[tuple], names: tuple[str, ...]) -> pl.DataFrame:
    types = {"month": pl.Date, "day": pl.Date, "hour": pl.Int64, "events": pl.Int64}
    schema = {name: types.get(name, pl.String) for name in names}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _every(expected: Expected, what: str) -> Iterable[tuple[str, Expectation]]:
    for source, expectations in sorted(expected.items()):
        for each in expectations:
            if each.what == what and each.severity != "off":
                yield source, each


def _frame(expected: Expected, what: str) -> pl.DataFrame:
    """Return one row for each expectation of a kind; for `event_types`, for each type."""
    rows = [
        (source, each.severity, each.measure, kind, *each.thresholds.values())
        for source, each in _every(expected, what)
        for kind in (each.event_types or (each.event_type,))
    ]
    texts = dict.fromkeys(("source", "severity", "measure", "event_type"), pl.String)
    numbers = dict.fromkeys(THRESHOLDS[what], pl.Int64)
    return pl.DataFrame(rows, schema=texts | numbers, orient="row")
