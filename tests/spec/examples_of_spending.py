"""Features of spending by example; September 2026 is the month observed."""

from datetime import date

from tests.spec.feature_examples import Example
from transforms.features.history import Coverage

EDGES = """
    user_id | as_of   | purchase_bin_02_count | purchase_bin_05_count | purchase_bin_08_count
    --------+---------+-----------------------+-----------------------+----------------------
    ana     | 2026-03 |                    99 |                    99 |                    99
    ana     | 2026-04 |                     3 |                     2 |                     0
    ana     | 2026-09 |                     2 |                     2 |                     1
    """  # bin 02 ends at 5,000 cents, bin 05 at 50,000, bin 08 begins above 200,000

SPENDING = (
    Example(
        rule="purchases are counted and summed in calendar months",
        activity="""
            user_id | as_of   | purchase_count | purchase_cents | purchase_days_mask
            --------+---------+----------------+----------------+-------------------
            ana     | 2025-09 |             50 |        500_000 |                  1
            ana     | 2025-10 |              4 |         60_000 |                  3
            ana     | 2026-06 |              1 |         10_000 |                  1
            ana     | 2026-07 |              3 |         20_000 |                  7
            ana     | 2026-09 |              2 |         10_000 |                  5
            ana     | 2026-10 |             50 |        500_000 |                  1
            """,
        then={
            "purchase_count_1m": 2,
            "purchase_count_3m": 5,
            "purchase_cents_3m": 30_000,
            "purchase_cents_12m": 100_000,
            "purchase_days_3m": 5,  # 7 is three days, 5 is two
            "purchase_change_ratio_3m": 1.2,  # 10,000 a month against 8,333
        },
    ),
    Example(
        rule="amounts come from the histogram as edges, in cents",
        activity=EDGES,
        then={
            "purchase_median_at_most_cents_6m": 5_000,  # 5 of 10
            "purchase_p90_at_most_cents_6m": 50_000,  # 9 of 10
        },
    ),
    Example(
        rule="in the open last bin an amount is at most the largest purchase",
        activity="""
            user_id | as_of   | purchase_bin_00_count | purchase_bin_11_count | purchase_max_cents
            ana     | 2026-08 |                     1 |                     2 |          3_300_000
            ana     | 2026-09 |                     0 |                     0 |                  -
            """,
        then={"purchase_median_at_most_cents_6m": 3_300_000},
    ),
    Example(
        rule="a large purchase is one above the edge of the user's peers",
        activity=EDGES,
        accounts="""
            user_id | as_of      | segment  | region | industry
            ana     | 2026-09-30 | consumer | north  | retail
            """,
        segment_norms="""
            as_of   | segment  | region | industry | purchase_bin_04_count | purchase_bin_09_count
            2025-08 | consumer | north  | retail   |                     0 |                 9_999
            2026-07 | consumer | north  | retail   |                   100 |                     5
            2026-08 | consumer | north  | retail   |                    90 |                     5
            2026-09 | consumer | north  | retail   |                     0 |                 9_999
            """,  # 190 of 200 are at most 20,000 cents: 95 %
        then={"high_value_purchase_count_3m": 3},  # bins 05 and 08 of September
    ),
    Example(
        rule="a cell of fewer than 200 purchases is judged by its whole segment",
        activity=EDGES,
        accounts="""
            user_id | as_of      | segment  | region | industry
            ana     | 2026-09-30 | consumer | north  | -
            """,
        segment_norms="""
            as_of   | segment  | region | industry | purchase_bin_01_count | purchase_bin_05_count
            2026-08 | consumer | north  |          |                   199 |                     0
            2026-08 | consumer | south  | retail   |                     0 |                   199
            """,
        then={"high_value_purchase_count_3m": 1},  # above 50,000 cents: bin 08 only
    ),
    Example(
        rule="shares of purchases are at most 1",
        activity="""
            user_id | as_of   | purchase_count | essential_purchase_count | refund_count
            ana     | 2026-04 |              5 |                        2 |            1
            ana     | 2026-09 |              3 |                        2 |            1
            """,
        then={"essential_purchase_ratio_6m": 0.5, "refund_ratio_6m": 0.25},
    ),
    Example(
        rule="without a purchase counts are 0 and shares unknown",
        then={
            "purchase_count_3m": 0,
            "purchase_cents_12m": 0,
            "purchase_days_3m": 0,
            "purchase_median_at_most_cents_6m": None,
            "purchase_p90_at_most_cents_6m": None,
            "high_value_purchase_count_3m": None,
            "essential_purchase_ratio_6m": None,
            "refund_ratio_6m": None,
            "purchase_change_ratio_3m": None,
        },
    ),
    Example(
        rule="a change needs twelve known months",
        activity="""
            user_id | as_of   | purchase_cents
            ana     | 2025-11 |         90_000
            ana     | 2026-09 |         30_000
            """,
        coverage=Coverage(first_month=date(2025, 11, 1)),
        then={"purchase_change_ratio_3m": None, "purchase_cents_12m": 120_000},
    ),
)
