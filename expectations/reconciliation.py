"""Reconciliation: nothing is lost and nothing invented between the landing files and the facts."""

from expectations.rule import CORRECT_THE_SOURCE, WARNING, Rule
from transforms.tables.facts import ACTIVITY, EVENT_TYPES, PURCHASE_BINS

_READ_AGAIN = "Nothing was published: report it; the landing files are as they were."


def _of_file(name: str, table: str, figure: str, amount: str, meaning: str, unit: str) -> Rule:
    """Compare what a table holds of each file with what intake counted in it."""
    return Rule(
        name=name,
        table=table,
        reads=(table, "intake", *(("intake_amounts",) if figure == "amount_cents" else ())),
        sql=f"""
            WITH stored AS (SELECT file_id, {amount} AS found FROM {table} GROUP BY file_id)
            SELECT file_path AS item, coalesce(found, 0) AS found, intake.{figure} AS expected
            FROM intake LEFT JOIN stored USING (file_id)
            WHERE whole AND coalesce(found, 0) <> intake.{figure}
        """,
        meaning=meaning,
        broken=f"landing files of which {table} does not hold what was read",
        unit=unit,
        remedy=_READ_AGAIN,
    )


LINES_ADD_UP = Rule(
    name="lines_add_up",
    table="events",
    reads=("intake",),
    sql="""
        SELECT file_path AS item, loaded + quarantined + duplicate + blank AS found,
            lines AS expected
        FROM intake WHERE loaded + quarantined + duplicate + blank <> lines
    """,
    meaning="Each landing file: lines = loaded + quarantined + duplicate + blank.",
    broken="landing files whose lines do not add up",
    unit="lines",
    remedy=_READ_AGAIN,
)
EVENTS_OF_FILES = _of_file(
    "events_of_files",
    "events",
    "events",
    "count(*)",
    "Each landing file: events stored = events that intake counted.",
    "events",
)
AMOUNTS_OF_FILES = _of_file(
    "amounts_of_files",
    "events",
    "amount_cents",
    "coalesce(sum(amount_cents), 0)",
    "Each landing file: sum of amounts stored = sum that intake counted.",
    "cents",
)
QUARANTINE_OF_FILES = _of_file(
    "quarantine_of_files",
    "quarantine",
    "quarantined",
    "count(*)",
    "Each landing file: lines in quarantine = lines that intake refused.",
    "lines",
)
FILES_ARE_KNOWN = Rule(
    name="files_are_known",
    table="events",
    reads=("events", "intake"),
    sql="""
        SELECT file_id AS item, count(*) AS found, 0 AS expected
        FROM events WHERE file_id NOT IN (SELECT file_id FROM intake) GROUP BY file_id
    """,
    meaning="Every event comes from a landing file that is accounted for.",
    broken="files that events name and intake does not know",
    unit="events",
    remedy=_READ_AGAIN,
)
REFUSED_WHOLE = Rule(
    name="refused_whole",
    table="events",
    reads=("events", "quarantine"),
    sql="""
        SELECT file_path || ' line ' || source_line AS item, count(*) AS found, 0 AS expected
        FROM quarantine JOIN events USING (file_id, source_line) GROUP BY ALL
    """,
    meaning="A line in quarantine is there whole: none of its events is stored.",
    broken="quarantined lines with stored events",
    unit="events",
    remedy=_READ_AGAIN,
)
NOT_AFTER_END = Rule(
    name="not_after_end",
    table="events",
    reads=("events", "months"),
    sql="""
        SELECT event_id AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
        FROM events WHERE occurred_at >= (SELECT max(ends_at) FROM months)
    """,
    meaning="No event lies after the last month extracted.",
    broken="events after the month's end",
    remedy=CORRECT_THE_SOURCE,
)


def _quarantined_share(name: str, severity: str, part: int, meaning: str) -> Rule:
    return Rule(
        name=name,
        table="quarantine",
        reads=("intake",),
        sql=f"""
            SELECT source || ' ' || section AS item,
                sum(quarantined) * 10000 // greatest(sum(lines), 1) AS found,
                most_bad_bps // {part} AS expected
            FROM intake WHERE whole
            GROUP BY source, section, most_bad_bps, bad_lines_allowed
            HAVING sum(quarantined) > bad_lines_allowed
                AND sum(quarantined) * 10000 > sum(lines) * (most_bad_bps // {part})
        """,
        severity=severity,
        meaning=meaning,
        broken="groups of files with too many bad lines",
        unit="bps of the lines",
        remedy=f"`limitwise quarantine` lists them by reason. {CORRECT_THE_SOURCE}",
    )


QUARANTINED_SHARE = _quarantined_share(
    "quarantined_share",
    "critical",
    1,
    "In no group of files is the share of bad lines above what its source allows.",
)
QUARANTINED_SHARE_HALF = _quarantined_share(
    "quarantined_share_half",
    WARNING,
    2,
    "In no group of files is the share of bad lines above half of what its source allows.",
)

EVENTS_RULES = (
    LINES_ADD_UP,
    EVENTS_OF_FILES,
    AMOUNTS_OF_FILES,
    QUARANTINE_OF_FILES,
    FILES_ARE_KNOWN,
    REFUSED_WHOLE,
    NOT_AFTER_END,
    QUARANTINED_SHARE,
    QUARANTINED_SHARE_HALF,
)


def _by_type(suffix: str, measure: str, unit: str, meaning: str) -> Rule:
    """Compare the sums of activity with the events they were counted from, type by type."""
    kinds = [kind for kind in EVENT_TYPES if f"{kind}_{suffix}" in ACTIVITY.schema]
    sums = ", ".join(f"coalesce(sum({kind}_{suffix}), 0)::HUGEINT AS {kind}" for kind in kinds)
    return Rule(
        name=f"activity_{suffix}",
        table="activity",
        reads=("events", "activity"),
        sql=f"""
            WITH counted AS (
                UNPIVOT (SELECT {sums} FROM activity)
                ON COLUMNS(*) INTO NAME item VALUE found
            ),
            stored AS (
                SELECT event_type::VARCHAR AS item, {measure} AS expected
                FROM events GROUP BY event_type
            )
            SELECT item, found, coalesce(expected, 0) AS expected
            FROM counted LEFT JOIN stored USING (item)
            WHERE found <> coalesce(expected, 0)
        """,
        meaning=meaning,
        broken=f"event types whose {unit} activity does not carry over",
        unit=unit,
    )


ACTIVITY_COUNTS = _by_type(
    "count", "count(*)", "events", "Each event type: count in activity = count of events."
)
ACTIVITY_AMOUNTS = _by_type(
    "cents",
    "coalesce(sum(amount_cents), 0)",
    "cents",
    "Each event type with money: sum in activity = sum over events.",
)
ACTIVITY_EVENTS = Rule(
    name="activity_events",
    table="activity",
    reads=("events", "activity"),
    sql="""
        WITH counted AS (SELECT user_id, sum(event_count) AS found FROM activity GROUP BY user_id),
        stored AS (SELECT user_id, count(*) AS expected FROM events GROUP BY user_id)
        SELECT user_id AS item, coalesce(found, 0) AS found, coalesce(expected, 0) AS expected
        FROM counted FULL JOIN stored USING (user_id) WHERE found IS DISTINCT FROM expected
    """,
    meaning="Each user: events counted in activity = events stored.",
    broken="users whose events activity does not count",
    unit="events",
)
PURCHASES_IN_BINS = Rule(
    name="purchases_in_bins",
    table="activity",
    reads=("activity",),
    sql=f"""
        SELECT user_id AS item, {" + ".join(PURCHASE_BINS)} AS found, purchase_count AS expected
        FROM activity WHERE {" + ".join(PURCHASE_BINS)} > purchase_count
    """,
    meaning="Each user: the histogram of purchases holds no more than the purchases.",
    broken="users with more purchases in the histogram than were made",
    unit="purchases",
)
DRAWN_CARRIES_OVER = Rule(
    name="drawn_carries_over",
    table="credit_months",
    reads=("activity", "credit_months"),
    sql="""
        WITH counted AS (
            SELECT user_id, as_of, drawdown_cents AS expected FROM activity
            WHERE drawdown_cents > 0
        )
        SELECT counted.user_id || ' ' || strftime(counted.as_of, '%Y-%m') AS item,
            coalesce(drawdown_cents, 0) AS found, expected
        FROM counted LEFT JOIN credit_months USING (user_id, as_of)
        WHERE drawdown_cents IS DISTINCT FROM expected
    """,
    meaning="Each user and month: what was drawn is the same in activity and in credit_months.",
    broken="users and months whose drawdowns credit_months does not carry over",
    unit="cents",
)
OVERDUE_CARRIES_OVER = Rule(
    name="overdue_carries_over",
    table="credit_months",
    reads=("ledger", "credit_months", "forgiven_cents"),
    sql="""
        WITH owed AS (
            SELECT user_id, as_of, sum(remaining_cents) AS expected
            FROM ledger, figures
            WHERE row_kind = 'obligation' AND due_on < as_of AND remaining_cents > forgiven_cents
            GROUP BY ALL
        )
        SELECT user_id || ' ' || strftime(as_of, '%Y-%m') AS item,
            coalesce(overdue_end_cents, 0) AS found, coalesce(expected, 0) AS expected
        FROM credit_months FULL JOIN owed USING (user_id, as_of)
        WHERE coalesce(credit_from, 'ledger') = 'ledger'
            AND coalesce(overdue_end_cents, 0) <> coalesce(expected, 0)
    """,
    meaning="Each user and month: overdue in credit_months = overdue obligations in the ledger.",
    broken="users and months whose overdue amount is not the ledger's",
    unit="cents",
)
OF_THE_MONTHS = Rule(
    name="of_the_months",
    table="activity",
    reads=("activity", "credit_months", "months"),
    sql="""
        SELECT item, rows AS found, 0 AS expected FROM (
            SELECT 'activity ' || as_of AS item, as_of, count(*) AS rows FROM activity GROUP BY ALL
            UNION ALL
            SELECT 'credit_months ' || as_of, as_of, count(*) FROM credit_months GROUP BY ALL
        ) WHERE as_of NOT IN (SELECT last_day(month) FROM months)
    """,
    meaning="Facts are of the months extracted.",
    broken="tables with rows of another month",
    unit="rows",
)
CREDIT_STAYS = Rule(
    name="credit_stays",
    table="credit_months",
    reads=("credit_months", "credit_months_before"),
    sql="""
        SELECT user_id AS item, balance_end_cents AS found, NULL::BIGINT AS expected
        FROM credit_months_before
        WHERE NOT (closed AND coalesce(balance_end_cents, 0) <= 0) AND user_id NOT IN (
            SELECT user_id FROM credit_months WHERE as_of = (SELECT min(as_of) FROM credit_months)
        )
    """,
    meaning="Whoever had credit facts last month has them this month, unless closed and paid off.",
    broken="users whose credit history ends without a word",
    unit="cents owed",
)
ACCOUNTS_STAY = Rule(
    name="accounts_stay",
    table="accounts",
    reads=("accounts", "accounts_before"),
    sql="""
        SELECT user_id AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
        FROM accounts_before WHERE user_id NOT IN (SELECT user_id FROM accounts)
    """,
    severity=WARNING,
    meaning="Every account of last month is still there.",
    broken="accounts that are gone",
    remedy="If their file was corrected this is right; else ask the account system.",
)

FACTS_RULES = (
    ACTIVITY_EVENTS,
    ACTIVITY_COUNTS,
    ACTIVITY_AMOUNTS,
    PURCHASES_IN_BINS,
    DRAWN_CARRIES_OVER,
    OVERDUE_CARRIES_OVER,
    OF_THE_MONTHS,
    CREDIT_STAYS,
    ACCOUNTS_STAY,
)
