"""Features of account activity by example; September 2026 is the month observed."""

from datetime import date

from tests.spec.feature_examples import Example
from transforms.features.history import Coverage

ACCOUNT_ACTIVITY = (
    Example(
        rule="presence is counted in days and months",
        activity="""
            user_id | as_of   | active_days_mask | login_count | night_login_count
            --------+---------+------------------+-------------+------------------
            ana     | 2025-09 |                1 |          50 |                50
            ana     | 2025-10 |                1 |           1 |                 0
            ana     | 2026-04 |                0 |           0 |                 0
            ana     | 2026-07 |                3 |           4 |                 1
            ana     | 2026-09 |               11 |           6 |                 1
            ana     | 2026-10 |                1 |          50 |                50
            """,
        then={
            "active_days_1m": 3,  # 11 is days 1, 2 and 4
            "active_days_3m": 5,
            "active_months_12m": 3,
            "login_count_3m": 10,
            "night_login_ratio_3m": 0.2,
            "idle_months": 0,
        },
    ),
    Example(
        rule="bills are counted and spread over months",
        activity="""
            user_id | as_of   | bill_payment_count
            ana     | 2026-03 |                  9
            ana     | 2026-04 |                  2
            ana     | 2026-07 |                  1
            ana     | 2026-09 |                  2
            """,
        then={"bill_payment_count_3m": 3, "bill_payment_months_6m": 3},
    ),
    Example(
        rule="outflow is measured against what came in",
        activity="""
            user_id | as_of   | transfer_in_cents | cash_in_cents | transfer_out_cents
            --------+---------+-------------------+---------------+-------------------
            ana     | 2025-09 |           100_000 |        60_000 |            999_000
            ana     | 2026-07 |           300_000 |             0 |            100_000
            ana     | 2026-08 |            50_000 |        10_000 |              5_000
            ana     | 2026-09 |            80_000 |             0 |              5_000
            """,
        then={
            "transfer_out_ratio_3m": 0.25,  # 110 / 440
            "inflow_cents_3m": 80_000,  # the middle one of 300, 60 and 80
            "inflow_year_ratio_1m": 0.5,  # 80 / 160
        },
    ),
    Example(
        rule="cash is measured against what came in, income by month",
        activity="""
            user_id | as_of   | cash_in_cents | cash_out_cents | income_inflow_cents
            --------+---------+---------------+----------------+--------------------
            ana     | 2025-09 |             0 |         90_000 |             900_000
            ana     | 2025-10 |             0 |              0 |             180_000
            ana     | 2026-05 |             0 |              0 |              30_000
            ana     | 2026-07 |             0 |              0 |              60_000
            ana     | 2026-08 |       440_000 |         20_000 |                   0
            ana     | 2026-09 |             0 |         90_000 |              30_000
            """,
        then={
            "cash_out_ratio_3m": 0.25,
            "income_inflow_months_6m": 3,
            "income_inflow_change_ratio_3m": 1.2,  # 30,000 a month against 25,000
        },
    ),
    Example(
        rule="a month without rows is 0 in the usual inflow, if the lake knows the month",
        activity="""
            user_id | as_of   | transfer_in_cents
            ana     | 2026-08 |            90_000
            """,
        then={"inflow_cents_3m": 0, "transfer_out_ratio_3m": 0.0, "inflow_year_ratio_1m": None},
    ),
    Example(
        rule="what a short history cannot tell is unknown",
        activity="""
            user_id | as_of   | transfer_in_cents | income_inflow_cents
            ana     | 2026-08 |            90_000 |              90_000
            ana     | 2026-09 |            90_000 |              90_000
            """,
        coverage=Coverage(first_month=date(2026, 8, 1)),
        then={
            "inflow_cents_3m": None,
            "income_inflow_change_ratio_3m": None,
            "inflow_year_ratio_1m": None,
            "idle_months": None,
            "income_inflow_months_6m": 2,
        },
    ),
    Example(
        rule="devices are told apart by their hashes",
        activity="""
            user_id | as_of   | device_hashes
            ana     | 2025-09 | 8
            ana     | 2026-05 | 1, 2
            ana     | 2026-07 | 1, 3
            ana     | 2026-09 | 3, 8, 9
            ana     | 2026-10 | 10
            """,
        shared_devices="""
            as_of   | device_hash | user_count
            2026-05 |           1 |         90
            2026-06 |           1 |          4
            2026-08 |           1 |          2
            2026-08 |           2 |         70
            2026-09 |           3 |         80
            """,  # 2 was last used in May; September itself is not read
        then={
            "device_count_3m": 4,  # 1, 3, 8 and 9
            "new_device_count_1m": 2,  # 8 and 9: 8 was last seen twelve months ago
            "shared_device_user_count_3m": 4,
        },
    ),
    Example(
        rule="a device that nobody else used is not shared, and a first device is not new",
        activity="""
            user_id | as_of   | device_hashes
            ana     | 2026-09 | 5
            """,
        then={
            "device_count_3m": 1,
            "new_device_count_1m": None,
            "shared_device_user_count_3m": 0,
        },
    ),
    Example(
        rule="a month with more devices than are kept may hide one: no device is called new",
        activity="""
            user_id | as_of   | device_hashes | device_saturated
            ana     | 2026-03 | 1             | yes
            ana     | 2026-09 | 5             | no
            """,
        then={"new_device_count_1m": None},
    ),
    Example(
        rule="events of safety are counted",
        activity="""
            user_id | as_of   | profile_change_count | credential_leak_count
            ana     | 2026-06 |                    9 |                     9
            ana     | 2026-07 |                    1 |                     1
            ana     | 2026-09 |                    2 |                     0
            """,
        then={"profile_change_count_1m": 2, "credential_leak_count_3m": 1},
    ),
    Example(
        rule="what the user says is counted",
        activity="""
            user_id | as_of   | complaint_count | limit_request_count
            ana     | 2026-06 |               9 |                   9
            ana     | 2026-07 |               2 |                   0
            ana     | 2026-09 |               1 |                   1
            """,
        then={"complaint_count_3m": 3, "limit_request_count_3m": 1},
    ),
    Example(
        rule="idle since the last login or drawdown",
        activity="""
            user_id | as_of   | login_count | drawdown_count | purchase_count
            ana     | 2026-02 |           1 |              0 |              0
            ana     | 2026-04 |           0 |              1 |              0
            ana     | 2026-09 |           0 |              0 |              4
            """,
        then={"idle_months": 5},
    ),
    Example(
        rule="an account without a row did nothing",
        then={
            "active_days_1m": 0,
            "active_months_12m": 0,
            "login_count_3m": 0,
            "night_login_ratio_3m": None,
            "bill_payment_months_6m": 0,
            "transfer_out_ratio_3m": None,
            "cash_out_ratio_3m": None,
            "device_count_3m": 0,
            "shared_device_user_count_3m": None,
            "complaint_count_3m": 0,
            "idle_months": 12,
        },
    ),
)
