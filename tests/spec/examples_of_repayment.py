"""Features of how long dues are late and how much is repaid; September 2026 is observed."""

from tests.spec.feature_examples import Example

REPAYMENT = (
    Example(
        rule="days past due are averaged over the months in which they are known",
        credit_months="""
            user_id | as_of   | credit_from | dpd_max_days
            ana     | 2025-09 | reported    |          900
            ana     | 2025-12 | reported    |           90
            ana     | 2026-05 | reported    |           60
            ana     | 2026-08 | reported    |            -
            ana     | 2026-09 | reported    |           30
            """,
        then={
            "dpd_mean_days_6m": 45.0,  # 60 and 30; August says nothing
            "dpd_mean_days_12m": 60.0,
            "late_months_6m": 2,
            "late_months_12m": 3,
            "dpd_60_months_6m": 1,
        },
    ),
    Example(
        rule="repayments add up, and a month without a record is one without repayment",
        credit_months="""
            user_id | as_of   | credit_from | repaid_cents
            ana     | 2026-03 | ledger      |        9_000
            ana     | 2026-04 | ledger      |          100
            ana     | 2026-07 | ledger      |          500
            ana     | 2026-08 | ledger      |          200
            ana     | 2026-09 | ledger      |          300
            """,
        then={
            "repaid_cents_1m": 300,
            "repaid_cents_3m": 1_000,
            "repaid_cents_6m": 1_100,
            "repaid_least_cents_3m": 200,
            "repaid_least_cents_6m": 0,  # May and June
            "repaid_most_cents_6m": 500,
        },
    ),
    Example(
        rule="how late dues are paid off is averaged over dues, not months; early is negative",
        credit_months="""
            user_id | as_of   | credit_from | settled_count | settled_after_due_days
            ana     | 2026-03 | ledger      |             1 |                     40
            ana     | 2026-07 | ledger      |             3 |                    -12
            ana     | 2026-09 | ledger      |             1 |                      4
            """,
        then={"settled_mean_days_3m": -2.0, "settled_mean_days_12m": 6.4},
    ),
    Example(
        rule="how often is counted from activity, whatever the amount",
        activity="""
            user_id | as_of   | repayment_count
            ana     | 2025-09 |               9
            ana     | 2025-10 |               1
            ana     | 2026-07 |               2
            ana     | 2026-09 |               1
            """,
        then={"repayment_count_3m": 3, "repayment_count_12m": 4},
    ),
    Example(
        rule="days in debt are divided by drawdowns; a month of which they are unknown adds none",
        credit_months="""
            user_id | as_of   | credit_from | owed_days
            ana     | 2026-03 | ledger      |        17
            ana     | 2026-07 | ledger      |         -
            ana     | 2026-08 | ledger      |        12
            ana     | 2026-09 | ledger      |        18
            """,
        activity="""
            user_id | as_of   | drawdown_count
            ana     | 2026-08 |              1
            ana     | 2026-09 |              2
            """,
        then={"owed_days_per_drawdown_6m": 10.0},  # 12 and 18 days, 3 drawdowns
    ),
    Example(
        rule="a debt that nothing was added to in the window is that of one drawdown",
        credit_months="""
            user_id | as_of   | credit_from | owed_days
            ana     | 2026-03 | ledger      |        31
            ana     | 2026-04 | ledger      |        30
            ana     | 2026-05 | ledger      |         2
            """,
        then={"owed_days_per_drawdown_6m": 32.0},
    ),
    Example(
        rule="nothing owed at a month's end is paid off, also if more was paid than owed",
        credit_months="""
            user_id | as_of   | credit_from | balance_end_cents
            ana     | 2026-06 | ledger      |               100
            ana     | 2026-07 | ledger      |                 0
            ana     | 2026-08 | ledger      |                -5
            ana     | 2026-09 | ledger      |                 -
            """,
        then={"paid_off_months_12m": 2},
    ),
    Example(
        rule="without credit facts nothing is known of repayment",
        then={
            **dict.fromkeys([f"settled_mean_days_{months}m" for months in (3, 12)]),
            "repayment_count_3m": 0,
            "repayment_count_12m": 0,
            "paid_off_months_12m": None,
            **dict.fromkeys([f"dpd_mean_days_{months}m" for months in (6, 12)]),
            **dict.fromkeys([f"late_months_{months}m" for months in (6, 12)]),
            "dpd_60_months_6m": None,
            "owed_days_per_drawdown_6m": None,
            **dict.fromkeys([f"repaid_cents_{months}m" for months in (1, 3, 6)]),
            **dict.fromkeys([f"repaid_least_cents_{months}m" for months in (3, 6)]),
            "repaid_most_cents_6m": None,
        },
    ),
)
