"""Completeness: does a source deliver every day of the month, to its end, and every type?"""

from expectations.rule import AS_DECLARED, CORRECT_THE_SOURCE, Rule

# What a day usually has: no more than the usual day, and no more than its day of the week, so that
# neither a bank that rests on Sundays nor a month that grows is suspected. A day that stood out in
# each of three months before, such as pay day or the last one, has what it had then, unless it
# falls on a weekday that is quiet.
DAY_USUAL = """
    WITH ends AS (
        SELECT source, month, bool_or(judged) AS judged,
            coalesce(max(day) FILTER (WHERE events > 0), month - 1)::DATE AS ended_on
        FROM day_counts GROUP BY source, month
    ),
    spans AS (
        SELECT ends.*, median(events) AS over_all,
            median(events) FILTER (WHERE day <= ended_on) AS until_end
        FROM ends JOIN day_counts USING (source, month) GROUP BY ALL
    ),
    based AS (
        SELECT spans.*, coalesce(
            before.over_all,
            if(day(spans.ended_on) >= least_days_begun, spans.until_end, spans.over_all)
        ) AS base
        FROM spans CROSS JOIN figures LEFT JOIN spans AS before
            ON before.source = spans.source
            AND before.month = (spans.month - INTERVAL 1 MONTH)::DATE
        WHERE spans.judged
    ),
    weekdays AS (
        SELECT based.source, based.month, isodow(day) AS weekday, median(events) AS usual
        FROM based JOIN day_counts ON day_counts.source = based.source
            AND (day_counts.month = (based.month - INTERVAL 1 MONTH)::DATE
                OR (day_counts.month = based.month AND day <= ended_on))
        GROUP BY ALL
    ),
    places AS (
        SELECT *, if(day = last_day(month), 0, day(day)) AS place FROM day_counts
    ),
    same_days AS (
        SELECT based.source, based.month, place,
            min(places.events / nullif(earlier.over_all, 0)) AS times
        FROM based
        JOIN spans AS earlier ON earlier.source = based.source
            AND earlier.month < based.month
            AND earlier.month >= (based.month - INTERVAL 3 MONTH)::DATE
            AND earlier.over_all * 10 >= based.until_end
        JOIN places ON places.source = earlier.source AND places.month = earlier.month
        GROUP BY ALL HAVING count(*) = 3
    )
    SELECT places.source, places.month, day, events, ended_on, day > ended_on AS after_end,
        until_end AS usual_day,
        if(day > ended_on,
            least(base, coalesce(usual, base)),
            greatest(
                least(until_end, coalesce(usual, until_end)),
                if(usual * 2 >= until_end, coalesce(times * until_end, 0), 0)
            )
        ) AS usual
    FROM places
    JOIN based USING (source, month)
    LEFT JOIN weekdays ON weekdays.source = places.source
        AND weekdays.month = places.month AND weekdays.weekday = isodow(day)
    LEFT JOIN same_days ON same_days.source = places.source
        AND same_days.month = places.month AND same_days.place = places.place
"""

ENDS_EARLY = Rule(
    name="ends_early",
    table="events",
    reads=("day_usual", "expected_month_end"),
    sql="""
        SELECT source || ' ' || strftime(month, '%Y-%m') || ', ' || if(
                ended_on < month, 'no events at all', 'last events on ' || ended_on
            ) AS item, severity, count(*) AS found, missing_days_at_most AS expected
        FROM day_usual JOIN expected_month_end USING (source)
        WHERE after_end AND usual >= least_daily_events
        GROUP BY ALL HAVING count(*) > missing_days_at_most
    """,
    severity=AS_DECLARED,
    meaning="The events of each source reach to the month's end.",
    broken="sources whose events end before the month does",
    unit="usual days without events",
    remedy="Ask whether the extract was cut; deliver the whole one, extract again.",
)
DAY_MISSING = Rule(
    name="day_missing",
    table="events",
    reads=("day_usual", "expected_every_day"),
    sql="""
        SELECT source || ' ' || day AS item, severity, events AS found, usual::BIGINT AS expected
        FROM day_usual JOIN expected_every_day USING (source)
        WHERE NOT after_end AND least(usual, usual_day) >= least_daily_events
            AND events * 10000 < usual * day_at_least_bps
    """,
    severity=AS_DECLARED,
    meaning="No day of a source has less than a tenth, or the share declared, of its usual events.",
    broken="days with hardly any events",
    unit="events",
    remedy=f"If nothing stood still on that day, files are missing. {CORRECT_THE_SOURCE}",
)
TYPE_MISSING = Rule(
    name="type_missing",
    table="events",
    reads=("measured", "months", "expected_event_types"),
    sql="""
        SELECT source || ' ' || strftime(month, '%Y-%m') || ' ' || event_type AS item, severity,
            coalesce(sum(events), 0)::BIGINT AS found, least_events AS expected
        FROM expected_event_types CROSS JOIN months
        LEFT JOIN measured USING (source, month, event_type)
        GROUP BY source, month, event_type, severity, least_events
        HAVING coalesce(sum(events), 0) < least_events
    """,
    severity=AS_DECLARED,
    meaning="Every month has events of each type that its source declares.",
    broken="months without a declared type of events",
    unit="events",
    remedy=f"If none happened, declare it no longer. {CORRECT_THE_SOURCE}",
)
COMPLETENESS_RULES = (ENDS_EARLY, DAY_MISSING, TYPE_MISSING)
