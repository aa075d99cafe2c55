"""Reconciliation of facts: activity, ledger and credit months say what the events said."""

from expectations.rule import WARNING, Rule
from transforms.tables.facts import ACTIVITY, PURCHASE_BINS
from transforms.tables.logs import EVENT_TYPES


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
    reads=("events", "credit_months"),
    sql="""
        WITH counted AS (
            SELECT user_id, sum(drawdown_cents) AS found FROM credit_months GROUP BY user_id
        ),
        stored AS (
            SELECT user_id, sum(amount_cents) AS expected FROM events
            WHERE event_type = 'drawdown' AND amount_cents > 0 GROUP BY user_id
        )
        SELECT user_id AS item, coalesce(found, 0) AS found, coalesce(expected, 0) AS expected
        FROM counted FULL JOIN stored USING (user_id)
        WHERE coalesce(found, 0) <> coalesce(expected, 0)
    """,
    meaning="Each user: what was drawn in credit_months = sum of the drawdown events.",
    broken="users whose drawdowns credit_months does not carry over",
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
    reads=("credit_months", "credit_months_before", "first_as_of"),
    sql="""
        SELECT user_id AS item, balance_end_cents AS found, NULL::BIGINT AS expected
        FROM credit_months_before
        WHERE user_id NOT IN (
            SELECT user_id FROM credit_months, figures WHERE as_of = first_as_of
        )
    """,
    meaning="Whoever had credit facts in the month before has them in the first month extracted.",
    broken="users whose credit history ends without a word",
    unit="cents owed",
)
REVERSALS_ARE_KNOWN = Rule(
    name="reversals_are_known",
    table="credit_months",
    reads=("events", "ledger", "ledger_before"),
    sql="""
        WITH paid AS (
            SELECT source || '/' || event_id AS payment FROM events WHERE event_type = 'repayment'
            UNION SELECT payment_event_id FROM ledger WHERE row_kind = 'allocation'
            UNION SELECT payment_event_id FROM ledger_before WHERE row_kind = 'allocation'
        )
        SELECT source || '/' || event_id AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
        FROM events LEFT JOIN paid ON payment = source || '/' || reverses_event_id
        WHERE event_type = 'reversal' AND payment IS NULL AND coalesce(amount_cents, 0) <= 0
    """,
    severity=WARNING,
    meaning="A reversal states an amount, or takes back a payment of which the amount is known.",
    broken="reversals that move no money: without an amount, of a payment that is not known",
    remedy="Map their amount_cents, or see whether they name the payment as its own file does.",
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
    REVERSALS_ARE_KNOWN,
    ACCOUNTS_STAY,
)
