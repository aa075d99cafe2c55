"""Limits: what the published table promises against last month, the policy and the law."""

from expectations.rule import Rule

_ASK_THE_SOURCE = "Ask the account system; until it answers, the month may be held with --hold."
_SEGMENTS = """
    SELECT limits.*, segments.* EXCLUDE (segment), accounts.borrower_id
    FROM limits LEFT JOIN accounts USING (user_id)
    JOIN segments ON segments.segment = coalesce(accounts.segment, 'consumer')
"""

LAST_MONTH_PRESENT = Rule(
    name="last_month_present",
    table="limits",
    reads=("limits", "limits_before", "credit_months", "as_of_month"),
    sql="""
        WITH now AS (SELECT * FROM credit_months, figures WHERE as_of = as_of_month)
        SELECT before.user_id AS item, before.limit_cents AS found, NULL::BIGINT AS expected
        FROM limits_before AS before LEFT JOIN now USING (user_id)
        WHERE user_id NOT IN (SELECT user_id FROM limits)
            AND before.action IS DISTINCT FROM 'decline'
            AND NOT (
                (before.line_status = 'closed' OR coalesce(now.closed, false))
                AND coalesce(now.balance_end_cents, 1) <= 0
            )
    """,
    meaning="Whoever had a row last month has one now, unless declined, or closed and paid off.",
    broken="users of last month without a row",
    unit="cents of limit",
)
ONE_RUN = Rule(
    name="one_run",
    table="limits",
    reads=("limits", "as_of_month"),
    sql="""
        SELECT 'month ' || as_of || ', inputs_id ' || inputs_id || ', policy ' || policy_version
            || ', scorecard ' || scorecard_version AS item, count(*) AS found, 0 AS expected
        FROM limits, figures GROUP BY ALL
        HAVING bool_or(as_of <> as_of_month) OR (
            SELECT count(DISTINCT (inputs_id, policy_version, scorecard_version)) FROM limits
        ) > 1
    """,
    meaning="All limits are of the month, of one inputs_id, one policy and one scorecard.",
    broken="groups of rows of different runs",
    unit="rows",
)
WITHIN_SEGMENT_CAP = Rule(
    name="within_segment_cap",
    table="limits",
    reads=("limits", "accounts", "segments"),
    sql=f"""
        SELECT user_id AS item, limit_cents AS found, cap_cents AS expected FROM ({_SEGMENTS})
        WHERE limit_cents > cap_cents AND limit_cents > coalesce(limit_before_cents, 0)
    """,
    meaning="No limit is raised or granted above the policy's cap.",
    broken="users raised above their segment's cap",
    unit="cents",
)
WITHIN_BORROWER_CAP = Rule(
    name="within_borrower_cap",
    table="limits",
    reads=("limits", "accounts", "borrower_cap_cents"),
    sql="""
        SELECT coalesce(borrower_id, user_id) AS item, sum(limit_cents) AS found,
            borrower_cap_cents AS expected
        FROM limits LEFT JOIN accounts USING (user_id), figures
        WHERE line_status IN ('open', 'frozen')
        GROUP BY ALL HAVING sum(limit_cents) > borrower_cap_cents
    """,
    meaning="No borrower's open lines together exceed the legal cap.",
    broken="borrowers above the legal cap",
    unit="cents",
)
WITHIN_APR_CAP = Rule(
    name="within_apr_cap",
    table="limits",
    reads=("limits", "apr_cap_bps"),
    sql="""
        SELECT user_id AS item, apr_bps AS found, apr_cap_bps AS expected
        FROM limits, figures WHERE apr_bps > apr_cap_bps
    """,
    meaning="No annual rate exceeds the legal cap.",
    broken="users charged more than the law allows",
    unit="bps",
)
RAISE_WITHIN_STEP = Rule(
    name="raise_within_step",
    table="limits",
    reads=("limits", "decisions", "accounts", "segments"),
    sql=f"""
        SELECT user_id AS item, lined.limit_cents AS found,
            lined.limit_before_cents * (10000 + raise_at_most_bps) // 10000 AS expected
        FROM ({_SEGMENTS}) AS lined JOIN decisions USING (user_id)
        WHERE lined.action = 'raise' AND lined.instruction_id IS NULL
            AND lined.limit_cents * 10000::HUGEINT
                > lined.limit_before_cents * (10000 + raise_at_most_bps)::HUGEINT
            AND lined.limit_cents > coalesce(lower_bound_cents, 0)
    """,
    meaning="No limit rises in a month by more than the largest step, unless a guard demands it.",
    broken="users whose limit rises by more than the largest step",
    unit="cents",
)
LOWER_WITHIN_STEP = Rule(
    name="lower_within_step",
    table="limits",
    reads=("limits", "decisions", "accounts", "segments", "round_to_cents"),
    sql=f"""
        SELECT user_id AS item, lined.limit_cents AS found,
            lined.limit_before_cents * (10000 - lower_at_most_bps) // 10000 AS expected
        FROM ({_SEGMENTS}) AS lined JOIN decisions USING (user_id), figures
        WHERE lined.action = 'lower' AND lined.instruction_id IS NULL
            AND (lined.limit_cents + round_to_cents) * 10000::HUGEINT
                <= lined.limit_before_cents * (10000 - lower_at_most_bps)::HUGEINT
            AND (upper_bound_cents IS NULL
                OR lined.limit_cents + round_to_cents <= upper_bound_cents)
    """,
    meaning="No limit falls in a month by more than the largest step, unless a guard demands it.",
    broken="users whose limit falls by more than the largest step",
    unit="cents",
)
ACTION_SAYS_SO = Rule(
    name="action_says_so",
    table="limits",
    reads=("limits",),
    sql="""
        SELECT user_id || ' ' || coalesce(action, 'undecided') AS item, limit_cents AS found,
            limit_before_cents AS expected
        FROM limits
        WHERE NOT coalesce(CASE
            WHEN NOT decidable THEN action IS NULL AND limit_cents IS NULL
            WHEN action = 'raise' THEN limit_cents > limit_before_cents
            WHEN action = 'lower' THEN limit_cents < limit_before_cents
            WHEN action = 'freeze' THEN limit_cents = limit_before_cents
                AND line_status = 'frozen'
            WHEN action = 'unfreeze' THEN limit_cents = limit_before_cents
                AND line_status = 'open'
            WHEN action = 'hold' THEN limit_cents = limit_before_cents
                OR line_status = 'closed'
            WHEN mode = 'indicative' THEN action IN ('grant', 'decline')
                AND (action = 'grant') = (limit_cents > 0) AND line_status = 'applied'
            WHEN action = 'grant' THEN limit_cents > 0 AND line_status = 'open'
            WHEN action IN ('decline', 'close') THEN line_status = 'closed'
        END, false)
    """,
    meaning="The action says what happened to the limit; what is not decidable has neither.",
    broken="users whose action contradicts their limit",
    unit="cents",
)
AVAILABLE_WITHIN_LIMIT = Rule(
    name="available_within_limit",
    table="limits",
    reads=("limits", "credit_months"),
    sql="""
        SELECT user_id AS item, available_cents AS found, most AS expected
        FROM (
            SELECT user_id, available_cents,
                CASE WHEN line_status = 'open'
                    THEN limit_cents - least(coalesce(c.balance_end_cents, 0), 0)
                    ELSE 0 END AS most
            FROM limits LEFT JOIN (SELECT user_id, balance_end_cents FROM credit_months) AS c
                USING (user_id)
        )
        WHERE available_cents > most
    """,
    meaning="What may be drawn never exceeds the limit and the user's own money on the line.",
    broken="users who could draw too much",
    unit="cents",
)
REASONS_GIVEN = Rule(
    name="reasons_given",
    table="limits",
    reads=("limits",),
    sql="""
        SELECT user_id AS item, len(reasons) AS found, 1 AS expected
        FROM limits WHERE len(reasons) NOT BETWEEN 1 AND 4
    """,
    meaning="Every row has one to four reasons.",
    broken="users without a reason, or with more than four",
    unit="reasons",
)
DATES_FOLLOW = Rule(
    name="dates_follow",
    table="limits",
    reads=("limits",),
    sql="""
        SELECT user_id AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
        FROM limits WHERE effective_on <= as_of OR next_review_on <= as_of
    """,
    meaning="A decision takes effect, and is reviewed, after the month it looks at.",
    broken="users whose limit takes effect or is reviewed within the month",
)
LIMITS_FOLLOWED = Rule(
    name="limits_followed",
    table="limits",
    reads=("limits", "limits_offered", "unexplained_at_most_bps"),
    sql="""
        WITH known AS (SELECT DISTINCT user_id FROM limits_offered),
        unexplained AS (
            SELECT user_id, limit_in_force_cents FROM limits SEMI JOIN known USING (user_id)
            WHERE limit_in_force_cents IS NOT NULL AND line_status <> 'closed'
                AND (user_id, limit_in_force_cents) NOT IN (
                    SELECT (user_id, unnest([limit_cents, limit_before_cents]))
                    FROM limits_offered
                )
        )
        SELECT user_id AS item, limit_in_force_cents AS found, NULL::BIGINT AS expected
        FROM unexplained, figures
        WHERE (SELECT count(*) FROM unexplained) * 10000
            > (SELECT count(*) FROM known) * unexplained_at_most_bps
    """,
    meaning="In live mode a limit in force is one that we published, or that held before it.",
    broken="users whose limit in force is none that we published",
    unit="cents",
    remedy=_ASK_THE_SOURCE,
)

LIMITS_RULES = (
    LAST_MONTH_PRESENT,
    ONE_RUN,
    WITHIN_SEGMENT_CAP,
    WITHIN_BORROWER_CAP,
    WITHIN_APR_CAP,
    ACTION_SAYS_SO,
    AVAILABLE_WITHIN_LIMIT,
    REASONS_GIVEN,
    DATES_FOLLOW,
    LIMITS_FOLLOWED,
)
