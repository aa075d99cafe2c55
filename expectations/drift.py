"""Drift: clocks that are off, and codes that came to mean something else.

Two samples are compared by the population stability index, the sum of (p - q) ln(p / q) over bins,
with empty bins at one in ten thousand. Chance alone makes it (1/n + 1/m) times chi-square with one
degree less than bins (Yurdakul and Naranjo 2020), so small samples need a larger one.
"""

from expectations.rule import AS_DECLARED, Rule

# Shares of the two samples: of `n` events `now` and of `m` events `earlier`.
_SHARES = """greatest(now / n, least_share_bps / 10000) AS p,
                greatest(earlier / m, least_share_bps / 10000) AS q"""
_PART = "({p} - {q}) * ln({p} / {q})"  # of a bin, in the index
# What is declared, or what chance alone does, if that is more.
_MOST = "greatest(psi_at_most_bps / 10000, most * (1 / n + 1 / m))"

CLOCKS_APART = Rule(
    name="clocks_apart",
    table="events",
    reads=("clocks",),
    sql="""
        WITH read AS (
            SELECT *, round(median_seconds / 900) AS quarters,
                round(1000 * near / lines) / 10 AS share
            FROM clocks
            WHERE lines >= least_lines AND beyond * 10000 > lines * beyond_at_most_bps
        )
        SELECT file_path || ' ' || measure || ': median ' || format('{:,}', median_seconds)
            || ' s apart in ' || share || ' % of ' || format('{:,}', lines) || ' lines' || if(
                share >= 90 AND quarters <> 0 AND abs(median_seconds - quarters * 900) <= 120,
                ', looks like ' || format('{:.4g}', quarters / 4) || ' h of time zone', ''
            ) AS item, severity, beyond AS found, lines * beyond_at_most_bps // 10000 AS expected
        FROM read
    """,
    severity=AS_DECLARED,
    meaning="Two times of a line that belong together lie no further apart than declared.",
    broken="files with two clocks that do not agree",
    unit="lines",
    item_says_it=True,
    remedy="Ask which zone each column is in; say so by zone in the mapping, extract again.",
)
HOURS_SHIFTED = Rule(
    name="hours_shifted",
    table="events",
    reads=("hour_counts", "hours_before", "expected_hours", "chi_square"),
    sql=f"""
        WITH hours AS (SELECT unnest(range(24)) AS hour),
        judged AS (SELECT DISTINCT source, month FROM hour_counts WHERE judged),
        counted AS (
            SELECT judged.source, judged.month, hours.hour,
                coalesce(sum(events) FILTER (WHERE c.month = judged.month), 0) AS now,
                coalesce(sum(events) FILTER (WHERE c.month < judged.month), 0) AS earlier
            FROM judged CROSS JOIN hours
            LEFT JOIN hour_counts AS c ON c.source = judged.source AND c.hour = hours.hour
                AND c.month BETWEEN (judged.month - INTERVAL 3 MONTH)::DATE AND judged.month
            GROUP BY ALL
        ),
        summed AS (
            SELECT *, sum(now) OVER of_month AS n, sum(earlier) OVER of_month AS m
            FROM counted WINDOW of_month AS (PARTITION BY source, month)
        ),
        shares AS (
            SELECT source, month, hour, n, m,
                {_SHARES}
            FROM summed CROSS JOIN figures WHERE n > 0 AND m > 0
        ),
        moved AS (
            SELECT a.source, a.month, a.n, a.m, hours.hour AS shift,
                sum({_PART.format(p="a.p", q="b.q")}) AS psi,
                count(*) FILTER (WHERE b.q > 0.01) AS active
            FROM shares AS a CROSS JOIN hours
            JOIN shares AS b ON b.source = a.source AND b.month = a.month
                AND b.hour = (a.hour - hours.hour + 24) % 24
            GROUP BY ALL
        ),
        fits AS (
            SELECT source, month, n, m, active, arg_min(shift, psi) AS shift, min(psi) AS fitting,
                max(psi) FILTER (WHERE shift = 0) AS psi
            FROM moved GROUP BY ALL
        )
        SELECT source || ' ' || strftime(month, '%Y-%m') || ': the hours of '
            || format('{{:,}}', n::BIGINT) || ' events fit those before best when moved by '
            || if(shift > 12, 24 - shift, shift) || if(shift > 12, ' h earlier', ' h later')
            || ' (PSI ' || format('{{:.3f}}', psi) || ' as they are, '
            || format('{{:.3f}}', fitting) || ' moved)' AS item, severity,
            (psi * 10000)::BIGINT AS found, psi_at_most_bps AS expected
        FROM fits JOIN expected_hours USING (source) CROSS JOIN figures
        JOIN chi_square ON degrees = 23
        WHERE least(n, m) >= least_events AND active >= least_active_hours AND shift <> 0
            AND psi > {_MOST} AND fitting * 4 <= psi
    """,
    severity=AS_DECLARED,
    meaning="The hours of the day at which events happen are not those of before, moved.",
    broken="sources whose clock moved against the months before",
    unit="ten thousandths of PSI",
    item_says_it=True,
    remedy="Ask whether the source changed its time zone; say so by zone in the mapping.",
)
VALUES_SHIFTED = Rule(
    name="values_shifted",
    table="events",
    reads=("value_counts", "values_before", "expected_values", "chi_square"),
    sql=f"""
        WITH before AS (
            SELECT source, (month + INTERVAL 1 MONTH)::DATE AS month, measure, bin, events
            FROM value_counts
        ),
        folded AS (
            SELECT source, month, measure, bin
            FROM before SEMI JOIN (SELECT * FROM before WHERE bin = '*') AS others
                USING (source, month, measure)
        ),
        now AS (
            SELECT source, month, measure, if(
                (source, month, measure) IN (SELECT (source, month, measure) FROM folded)
                AND (source, month, measure, bin)
                    NOT IN (SELECT (source, month, measure, bin) FROM folded), '*', bin
            ) AS bin, sum(events) AS events
            FROM value_counts SEMI JOIN before USING (source, month, measure)
            WHERE judged GROUP BY ALL
        ),
        paired AS (
            SELECT source, month, measure, bin, coalesce(now.events, 0) AS now,
                coalesce(before.events, 0) AS earlier
            FROM now FULL JOIN before USING (source, month, measure, bin)
            SEMI JOIN now AS known USING (source, month, measure)
        ),
        summed AS (
            SELECT *, sum(now) OVER w AS n, sum(earlier) OVER w AS m, count(*) OVER w AS bins
            FROM paired WINDOW w AS (PARTITION BY source, month, measure)
        ),
        parts AS (
            SELECT *, {_SHARES},
                {_PART.format(p="p", q="q")} AS part
            FROM summed CROSS JOIN figures
        ),
        compared AS (
            SELECT source, month, measure, n, m, bins, sum(part) AS psi,
                arg_max(bin, part) AS bin, arg_max(now / n, part) AS share,
                arg_max(earlier / m, part) AS share_before
            FROM parts GROUP BY ALL
        )
        SELECT source || ' ' || strftime(month, '%Y-%m') || ' ' || measure || ': PSI '
            || format('{{:.3f}}', psi) || ', at most ' || format('{{:.3f}}', {_MOST})
            || ' between ' || format('{{:,}}', m::BIGINT) || ' events and '
            || format('{{:,}}', n::BIGINT) || ', most by ' || bin || ', from '
            || format('{{:.1f}}', 100 * share_before) || ' % to ' || format('{{:.1f}}', 100 * share)
            || ' %' AS item, severity, (psi * 10000)::BIGINT AS found, psi_at_most_bps AS expected
        FROM compared JOIN expected_values USING (source, measure)
        JOIN chi_square ON degrees = bins - 1
        WHERE least(n, m) >= least_events AND psi > {_MOST}
    """,
    severity=AS_DECLARED,
    meaning="Declared values are spread over their codes as in the month before.",
    broken="columns whose values are spread otherwise than the month before",
    unit="ten thousandths of PSI",
    item_says_it=True,
    remedy="Ask the source whether a code was redefined; if so correct its codes in the mapping.",
)
DRIFT_RULES = (CLOCKS_APART, HOURS_SHIFTED, VALUES_SHIFTED)
