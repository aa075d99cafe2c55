"""How large purchases usually are among users of one segment, region and industry."""

from datetime import date

from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.facts.segment_norms import segment_norms
from transforms.tables.facts import ACTIVITY, SEGMENT_NORMS
from transforms.tables.logs import ACCOUNTS

SEPTEMBER = date(2026, 9, 1)


def test_histograms_add_up_by_segment_region_and_industry_and_nobody_is_left_out():
    activity = filled(
        ACTIVITY,
        """
        user_id | purchase_bin_00_count | purchase_bin_11_count
        --------+-----------------------+----------------------
        ana     |                     1 |                     0
        bo      |                     2 |                     5
        chen    |                     4 |                     0
        dai     |                     8 |                     0
        """,
    )
    accounts = filled(
        ACCOUNTS,
        """
        user_id | segment        | region  | industry
        --------+----------------+---------+---------
        ana     | consumer       | Sichuan | retail
        bo      | consumer       | Sichuan | retail
        chen    | micro_business | -       | -
        """,
    )

    norms = segment_norms(activity, accounts, SEPTEMBER).collect()

    given = norms.select(
        *("segment", "region", "industry", "user_count"),
        *("purchase_bin_00_count", "purchase_bin_11_count"),
    )
    assert given.rows() == [
        ("", "", "", 1, 8, 0),
        ("consumer", "Sichuan", "retail", 2, 3, 5),
        ("micro_business", "", "", 1, 4, 0),
    ]
    assert norms.schema == SEGMENT_NORMS.schema
    assert set(norms["as_of"]) == {date(2026, 9, 30)}


def test_a_month_without_activity_has_no_norms():
    norms = segment_norms(ACTIVITY.empty(), ACCOUNTS.empty(), SEPTEMBER)

    assert_frame_equal(norms, SEGMENT_NORMS.empty())
