"""Features of credit history by example; September 2026 is the month observed."""

from tests.spec.feature_examples import Example

CREDIT_HISTORY = (
    Example(
        rule="dues are counted in calendar months",
        credit_months="""
            user_id | as_of   | credit_from | due_count | paid_on_time_count
            --------+---------+-------------+-----------+-------------------
            ana     | 2025-09 | ledger      |         9 |                  0
            ana     | 2025-10 | ledger      |         3 |                  3
            ana     | 2026-06 | ledger      |         2 |                  1
            ana     | 2026-07 | ledger      |         1 |                  1
            ana     | 2026-08 | ledger      |         1 |                  0
            ana     | 2026-09 | ledger      |         3 |                  1
            ana     | 2026-10 | ledger      |         9 |                  0
            """,
        then={
            "on_time_ratio_12m": 0.6,  # (3 + 1 + 1 + 0 + 1) / (3 + 2 + 1 + 1 + 3)
            "on_time_ratio_3m": 0.4,  # (1 + 0 + 1) / (1 + 1 + 3)
            "late_count_12m": 0,
            "months_with_credit_12m": 5,
        },
    ),
    Example(
        rule="late is what was paid late in the window, and what is unpaid at its end",
        credit_months="""
            user_id | as_of   | credit_from | due_count | paid_late_count | unpaid_count
            --------+---------+-------------+-----------+-----------------+-------------
            ana     | 2025-09 | ledger      |         9 |               9 |            9
            ana     | 2026-06 | ledger      |         2 |               1 |            1
            ana     | 2026-08 | ledger      |         1 |               1 |            0
            ana     | 2026-09 | ledger      |         3 |               0 |            2
            ana     | 2026-10 | ledger      |         9 |               9 |            9
            """,
        then={
            "late_count_3m": 3,  # 1 paid late in August, 2 unpaid at the end of September
            "late_count_12m": 4,  # and 1 paid late in June
            "months_since_late": 0,
        },
    ),
    Example(
        rule="a month that a source only reports a status of is one due",
        credit_months="""
            user_id | as_of   | credit_from | dpd_max_days | dpd_end_days
            ana     | 2026-05 | reported    |           30 |           30
            ana     | 2026-06 | reported    |            0 |            0
            ana     | 2026-07 | reported    |            0 |            0
            ana     | 2026-08 | reported    |            - |            -
            ana     | 2026-09 | reported    |            0 |            0
            """,
        then={
            "on_time_ratio_12m": 0.75,  # 3 of the 4 months with a status
            "late_count_3m": 0,
            "late_count_12m": 1,
            "months_since_late": 4,
        },
    ),
    Example(
        rule="nothing due is unknown, not perfect",
        credit_months="""
            user_id | as_of   | credit_from | due_count
            ana     | 2026-09 | ledger      |         0
            """,
        then={"on_time_ratio_12m": None, "on_time_ratio_3m": None, "late_count_12m": None},
    ),
    Example(
        rule="days past due are the worst of the window and those of the month's end",
        credit_months="""
            user_id | as_of   | credit_from | dpd_max_days | dpd_end_days | overdue_end_cents
            ana     | 2025-09 | ledger      |           99 |           99 |           900_000
            ana     | 2025-12 | ledger      |           45 |            0 |                 0
            ana     | 2026-04 | ledger      |           20 |            0 |                 0
            ana     | 2026-08 | ledger      |           12 |            0 |                 0
            ana     | 2026-09 | ledger      |            7 |            5 |            12_300
            ana     | 2026-10 | ledger      |           99 |           99 |           900_000
            """,
        then={
            "dpd_end_days": 5,
            "overdue_end_cents": 12_300,
            "dpd_max_days_1m": 7,
            "dpd_max_days_3m": 12,
            "dpd_max_days_6m": 20,
            "dpd_max_days_12m": 45,
            "months_since_late": 0,
        },
    ),
    Example(
        rule="days past due without data are unknown, not 0",
        credit_months="""
            user_id | as_of   | credit_from | dpd_max_days | dpd_end_days
            ana     | 2026-08 | ledger      |            3 |            3
            ana     | 2026-09 | ledger      |            - |            -
            """,
        then={"dpd_end_days": None, "dpd_max_days_1m": None, "dpd_max_days_3m": 3},
    ),
    Example(
        rule="a limit not reported again is the last one reported",
        credit_months="""
            user_id | as_of   | credit_from | balance_end_cents | limit_in_force_cents
            ana     | 2026-04 | ledger      |           100_000 |            1_000_000
            ana     | 2026-07 | ledger      |           200_000 |                    -
            ana     | 2026-08 | ledger      |                 - |                    -
            ana     | 2026-09 | ledger      |         1_200_000 |            1_000_000
            """,
        then={
            "utilisation": 1.2,  # raw: it may exceed 1
            "utilisation_mean_3m": 0.7,  # (200 + 1200) / (1000 + 1000); August's balance unknown
            "utilisation_mean_6m": 0.5,  # (100 + 200 + 1200) / (3 * 1000)
        },
    ),
    Example(
        rule="without a reported limit the account system's limit is read",
        accounts="""
            user_id | as_of      | segment  | source_limit_cents
            ana     | 2026-09-30 | consumer |            400_000
            """,
        credit_months="""
            user_id | as_of   | credit_from | balance_end_cents
            ana     | 2026-09 | ledger      |           100_000
            """,
        then={"utilisation": 0.25, "utilisation_mean_3m": None},
    ),
    Example(
        rule="a limit of 0 has no utilisation",
        credit_months="""
            user_id | as_of   | credit_from | balance_end_cents | limit_in_force_cents
            ana     | 2026-09 | ledger      |           100_000 |                    0
            """,
        then={"utilisation": None, "utilisation_mean_6m": None},
    ),
    Example(
        rule="drawing counts by month, repaying against what was owed before",
        credit_months="""
            user_id | as_of   | credit_from | drawdown_cents | repaid_cents | balance_end_cents
            --------+---------+-------------+----------------+--------------+------------------
            ana     | 2026-03 | ledger      |            900 |            0 |               900
            ana     | 2026-06 | ledger      |            100 |            0 |             1_000
            ana     | 2026-07 | ledger      |              0 |          440 |               560
            ana     | 2026-08 | ledger      |            100 |          580 |                80
            ana     | 2026-09 | ledger      |              0 |           20 |                60
            """,
        then={
            "drawn_months_6m": 2,  # June and August; March is seven months ago
            "repaid_ratio_3m": (440 + 560 + 20) / (1_000 + 560 + 80),  # of 580 only the 560 owed
        },
    ),
    Example(
        rule="interest is measured against what was repaid",
        credit_months="""
            user_id | as_of   | credit_from | repaid_cents | interest_and_fees_cents
            ana     | 2025-09 | ledger      |            0 |                   9_000
            ana     | 2025-10 | ledger      |          500 |                      60
            ana     | 2026-08 | ledger      |          700 |                     240
            """,
        then={"interest_share_of_repayment_12m": 0.25},
    ),
    Example(
        rule="of a reported status, more owed than repayment left is money drawn",
        credit_months="""
            user_id | as_of   | credit_from | repaid_cents | balance_end_cents
            ana     | 2026-06 | reported    |            0 |             1_000
            ana     | 2026-07 | reported    |          300 |               700
            ana     | 2026-08 | reported    |          300 |               800
            ana     | 2026-09 | reported    |            0 |               800
            """,
        then={"drawn_months_6m": 1},  # 400 in August: 800 + 300 - 700
    ),
    Example(
        rule="interest without repayment is the worst share; neither is unknown",
        credit_months="""
            user_id | as_of   | credit_from | repaid_cents | interest_and_fees_cents
            ana     | 2026-09 | ledger      |            0 |                      60
            """,
        then={"interest_share_of_repayment_12m": 1.0, "repaid_ratio_3m": None},
    ),
    Example(
        rule="without credit facts nothing is known",
        then={
            "months_with_credit_12m": 0,
            "late_count_3m": None,
            "months_since_late": None,
            "drawn_months_6m": None,
            "interest_share_of_repayment_12m": None,
            "overdue_end_cents": None,
            **dict.fromkeys([f"dpd_max_days_{months}m" for months in (1, 3, 6, 12)]),
        },
    ),
)
