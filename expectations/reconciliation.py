"""Reconciliation of events: nothing is lost or invented between landing files and events."""

from expectations.rule import CORRECT_THE_SOURCE, WARNING, Rule

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


def _quarantined_share(name: str, severity: str, part: int, meaning: str, broken: str) -> Rule:
    return Rule(
        name=name,
        table="quarantine",
        reads=("intake",),
        sql=f"""
            SELECT source || ' ' || section AS item,
                sum(quarantined - overruled) * 10000 // greatest(sum(lines), 1) AS found,
                most_bad_bps // {part} AS expected
            FROM intake WHERE whole
            GROUP BY source, section, most_bad_bps, bad_lines_allowed
            HAVING sum(quarantined - overruled) > bad_lines_allowed
                AND sum(quarantined - overruled) * 10000 > sum(lines) * (most_bad_bps // {part})
        """,
        severity=severity,
        meaning=meaning,
        broken=broken,
        unit="bps of the lines",
        remedy=f"`limitwise quarantine` lists them by reason. {CORRECT_THE_SOURCE}",
    )


QUARANTINED_SHARE = _quarantined_share(
    "quarantined_share",
    "critical",
    1,
    "In no group of files is the share of bad lines above what its source allows.",
    "groups of files with more bad lines than most_bad_bps allows",
)
QUARANTINED_SHARE_HALF = _quarantined_share(
    "quarantined_share_half",
    WARNING,
    2,
    "In no group of files is the share of bad lines above half of what its source allows.",
    "groups of files with more than half of the bad lines that most_bad_bps allows",
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
