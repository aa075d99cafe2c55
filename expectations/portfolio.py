"""Portfolio: what features, scores and decisions promise against facts and each other."""

from expectations.limit_rules import LIMITS_RULES, LOWER_WITHIN_STEP, RAISE_WITHIN_STEP
from expectations.rule import WARNING, Rule
from transforms.tables.decided import DECISIONS, LIMITS

_SHARED = [
    name
    for name in LIMITS.schema.names()
    if name in DECISIONS.schema.names() and name not in ("as_of", "user_id")
]


def _about_lines(table: str, item: str) -> Rule:
    """Require that rows are about lines with a decision; `item` names a row."""
    return Rule(
        name=f"{table}_of_lines",
        table=table,
        reads=(table, "decisions"),
        sql=f"""
            SELECT {item} AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
            FROM {table} WHERE user_id NOT IN (SELECT user_id FROM decisions)
        """,
        meaning=f"{table.capitalize()} are about lines that were decided.",
        broken=f"{table} about nobody's line",
    )


def _only_in(name: str, table: str, one: str, other: str, meaning: str, severity: str) -> Rule:
    """Compare the users of two tables, in both directions."""
    return Rule(
        name=name,
        table=table,
        reads=(one, other),
        sql=f"""
            SELECT user_id || ' only in {one}' AS item, NULL::BIGINT AS found,
                NULL::BIGINT AS expected
            FROM {one} ANTI JOIN {other} USING (user_id)
            UNION ALL
            SELECT user_id || ' only in {other}', NULL, NULL
            FROM {other} ANTI JOIN {one} USING (user_id)
        """,
        severity=severity,
        meaning=meaning,
        broken=f"users in one of {one} and {other}",
    )


FEATURES_OF_ACCOUNTS = _only_in(
    "features_of_accounts",
    "features",
    "features",
    "accounts",
    "Features have one row for each account and no other.",
    "critical",
)
NO_MONTH_MISSING = Rule(
    name="no_month_missing",
    table="features",
    reads=("features", "months_lacking"),
    sql="""
        SELECT strftime(month, '%Y-%m') AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
        FROM months_lacking
    """,
    meaning="No month since the log begins is missing from the twelve that features read.",
    broken="months without facts within the window",
    remedy="Deliver the landing files of that month and run `limitwise run` for it.",
)
FEATURES_OF_MONTH = Rule(
    name="features_of_month",
    table="features",
    reads=("features", "as_of_month"),
    sql="""
        SELECT as_of::VARCHAR AS item, count(*) AS found, 0 AS expected
        FROM features, figures WHERE as_of <> as_of_month GROUP BY ALL
    """,
    meaning="Features are of the month computed.",
    broken="other months among the rows",
    unit="rows",
)
FEATURES_RULES = (FEATURES_OF_ACCOUNTS, FEATURES_OF_MONTH, NO_MONTH_MISSING)

SCORES_OF_FEATURES = _only_in(
    "scores_of_features",
    "scores",
    "scores",
    "features",
    "Whoever has features has a score, and nobody else.",
    "critical",
)
DECISIONS_PUBLISHED = Rule(
    name="decisions_published",
    table="limits",
    reads=("decisions", "limits"),
    sql="""
        SELECT user_id || ' only in decisions' AS item, NULL::BIGINT AS found,
            NULL::BIGINT AS expected
        FROM decisions ANTI JOIN limits USING (user_id)
        WHERE EXISTS (FROM decisions WHERE
            coalesce(limit_in_force_cents, limit_before_cents, limit_cents) IS NOT NULL)
        UNION ALL
        SELECT user_id || ' only in limits', NULL, NULL
        FROM limits ANTI JOIN decisions USING (user_id)
    """,
    meaning="Every decision is a row of limits and the reverse; none is where no limit is known.",
    broken="users in one of decisions and limits",
)
LIMITS_AS_DECIDED = Rule(
    name="limits_as_decided",
    table="limits",
    reads=("decisions", "limits"),
    sql=f"""
        SELECT limits.user_id AS item, limits.limit_cents AS found,
            decisions.limit_cents AS expected
        FROM limits JOIN decisions USING (user_id)
        WHERE {" OR ".join(f"limits.{n} IS DISTINCT FROM decisions.{n}" for n in _SHARED)}
    """,
    meaning="Limits say in every column what was decided.",
    broken="users whose limits differ from the decision",
    unit="cents",
)
WARNINGS_OF_LINES = _about_lines("warnings", item="user_id || ' ' || signal")
ALERTS_OF_LINES = _about_lines("alerts", item="user_id")
BALANCE_CARRIES_OVER = Rule(
    name="balance_carries_over",
    table="decisions",
    reads=("decisions", "credit_months"),
    sql="""
        SELECT user_id AS item, decisions.balance_end_cents AS found,
            credit_months.balance_end_cents AS expected
        FROM decisions JOIN credit_months USING (user_id, as_of)
        WHERE decisions.balance_end_cents IS DISTINCT FROM credit_months.balance_end_cents
    """,
    meaning="Decisions start from the balance that credit_months holds.",
    broken="users decided on another balance",
    unit="cents",
)
LIMIT_IN_FORCE_CARRIES_OVER = Rule(
    name="limit_in_force_carries_over",
    table="decisions",
    reads=("decisions", "credit_months"),
    sql="""
        SELECT user_id AS item, decisions.limit_in_force_cents AS found,
            credit_months.limit_in_force_cents AS expected
        FROM decisions JOIN credit_months USING (user_id, as_of)
        WHERE credit_months.limit_in_force_cents IS NOT NULL AND line_status <> 'closed'
            AND NOT credit_months.closed
            AND decisions.limit_in_force_cents IS DISTINCT FROM credit_months.limit_in_force_cents
    """,
    meaning="Decisions start from the limit that the source reported this month.",
    broken="users decided on another limit in force",
    unit="cents",
)
OPEN_LINES_DECIDED = Rule(
    name="open_lines_decided",
    table="decisions",
    reads=("decisions", "credit_months", "as_of_month"),
    sql="""
        SELECT user_id AS item, limit_in_force_cents AS found, NULL::BIGINT AS expected
        FROM credit_months, figures
        WHERE as_of = as_of_month AND NOT closed AND limit_in_force_cents IS NOT NULL
            AND user_id NOT IN (SELECT user_id FROM decisions)
    """,
    severity=WARNING,
    meaning="Every open line that the source reports is decided.",
    broken="users with a limit in force and no decision",
    unit="cents",
    remedy="They have no account row: add them to the account files, or learn why they are absent.",
)
DECISIONS_RULES = (
    SCORES_OF_FEATURES,
    DECISIONS_PUBLISHED,
    LIMITS_AS_DECIDED,
    WARNINGS_OF_LINES,
    ALERTS_OF_LINES,
    BALANCE_CARRIES_OVER,
    LIMIT_IN_FORCE_CARRIES_OVER,
    OPEN_LINES_DECIDED,
    RAISE_WITHIN_STEP,
    LOWER_WITHIN_STEP,
    *LIMITS_RULES,
)
