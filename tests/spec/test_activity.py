"""What a month of events becomes: one row of counts, sums and histograms per user."""

from datetime import date

import pytest
from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.facts.activity import activity
from transforms.tables.facts import ACTIVITY, PURCHASE_BINS
from transforms.tables.logs import EVENTS

SEPTEMBER = date(2026, 9, 1)
SHANGHAI = "Asia/Shanghai"


def of(text: str):
    return activity(filled(EVENTS, text), SEPTEMBER, SHANGHAI)


def test_events_are_counted_and_their_amounts_added_up_by_type():
    given = """
        event_id | user_id | event_type    | amount_cents | occurred_at
        ---------+---------+---------------+--------------+-----------------
        e1       | bo      | login         |            - | 2026-09-02T03:00
        e2       | ana     | purchase      |        1_250 | 2026-09-01T03:00
        e3       | ana     | purchase      |       30_000 | 2026-09-03T03:00
        e4       | ana     | purchase      |            - | 2026-09-03T04:00
        e5       | ana     | refund        |        1_250 | 2026-09-04T03:00
        e6       | ana     | repayment     |       50_000 | 2026-09-05T03:00
        e7       | ana     | complaint     |            - | 2026-09-06T03:00
        e8       | ana     | limit_request |      900_000 | 2026-09-06T03:00
        """

    found = of(given).select(
        *("user_id", "event_count", "purchase_count", "purchase_cents", "purchase_max_cents"),
        *("refund_cents", "repayment_cents", "complaint_count", "limit_request_count"),
    )

    then = filled(
        ACTIVITY,
        """
        user_id | event_count | purchase_count | purchase_cents | purchase_max_cents | refund_cents | repayment_cents | complaint_count | limit_request_count
        --------+-------------+----------------+----------------+--------------------+--------------+-----------------+-----------------+--------------------
        ana     |           7 |              3 |         31_250 |             30_000 |        1_250 |          50_000 |               1 |                   1
        bo      |           1 |              0 |              0 |                  - |            0 |               0 |               0 |                   0
        """,  # noqa: E501
    ).select(found.columns)
    assert_frame_equal(found, then.collect())


def test_the_row_has_the_declared_columns_and_the_months_last_day():
    found = of("""
        event_id | user_id | event_type | occurred_at
        e1       | ana     | login      | 2026-09-02T03:00
        """)

    assert found.schema == ACTIVITY.schema
    assert found["as_of"].to_list() == [date(2026, 9, 30)]


def test_a_month_without_events_has_no_rows():
    found = activity(EVENTS.empty(), SEPTEMBER, SHANGHAI)

    assert found.schema == ACTIVITY.schema
    assert found.is_empty()


@pytest.mark.parametrize(
    ("event_type", "occurred_at", "mask", "because"),
    [
        ("login", "2026-08-31T16:00", 0b1, "midnight in Shanghai begins the first day"),
        ("login", "2026-09-30T15:59", 1 << 29, "a minute before midnight is still the last day"),
        ("repayment", "2026-09-02T16:00", 0b100, "16:00 in Greenwich is the next day in Shanghai"),
        ("fee", "2026-09-05T03:00", 0, "a fee is not the user's own doing"),
        ("external_score", "2026-09-05T03:00", 0, "nor is a score"),
        ("login", "2026-08-05T03:00", 0, "a late line from August is no day of September"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_day_is_active_if_the_user_did_something_on_it(event_type, occurred_at, mask, because):
    found = of(f"""
        event_id | user_id | event_type   | occurred_at
        e1       | ana     | {event_type} | {occurred_at}
        """)

    assert found["active_days_mask"].item() == mask, because
    assert found["event_count"].item() == 1, "it counts all the same"


def test_purchase_days_are_a_mask_of_their_own():
    found = of("""
        event_id | user_id | event_type | occurred_at
        e1       | ana     | login      | 2026-09-01T03:00
        e2       | ana     | purchase   | 2026-09-02T03:00
        e3       | ana     | purchase   | 2026-09-02T04:00
        e4       | ana     | purchase   | 2026-09-04T04:00
        """)

    assert found["active_days_mask"].item() == 0b1011
    assert found["purchase_days_mask"].item() == 0b1010


@pytest.mark.parametrize(
    ("amount_cents", "purchase_bin"),
    [(0, 0), (1_000, 0), (1_001, 1), (2_000_000, 10), (2_000_001, 11)],
)
def test_a_purchase_falls_into_the_bin_whose_upper_edge_it_does_not_exceed(
    amount_cents, purchase_bin
):
    found = of(f"""
        event_id | user_id | event_type | amount_cents   | occurred_at
        e1       | ana     | purchase   | {amount_cents} | 2026-09-01T03:00
        e2       | ana     | refund     | 5_000          | 2026-09-01T03:00
        e3       | ana     | purchase   | -              | 2026-09-01T03:00
        """)

    counts = found.select(PURCHASE_BINS).row(0)
    assert [index for index, count in enumerate(counts) if count] == [purchase_bin]


def test_essential_purchases_and_different_categories_are_counted_of_purchases_only():
    found = of("""
        event_id | user_id | event_type   | merchant_category | occurred_at
        e1       | ana     | purchase     | groceries         | 2026-09-01T03:00
        e2       | ana     | purchase     | groceries         | 2026-09-02T03:00
        e3       | ana     | purchase     | jewellery         | 2026-09-02T03:00
        e4       | ana     | purchase     | -                 | 2026-09-02T03:00
        e5       | ana     | bill_payment | utilities         | 2026-09-02T03:00
        """)

    assert found["essential_purchase_count"].item() == 2
    assert found["merchant_category_count"].item() == 2


def test_income_is_a_transfer_from_an_employer_or_a_customer():
    found = of("""
        event_id | user_id | event_type  | amount_cents | counterparty_type | occurred_at
        e1       | ana     | transfer_in |      800_000 | employer          | 2026-09-01T03:00
        e2       | ana     | transfer_in |       20_000 | customer          | 2026-09-02T03:00
        e3       | ana     | transfer_in |        3_000 | person            | 2026-09-02T03:00
        e4       | ana     | transfer_in |          400 | -                 | 2026-09-02T03:00
        e5       | ana     | refund      |           50 | employer          | 2026-09-02T03:00
        """)

    assert found["transfer_in_cents"].item() == 823_400
    assert found["income_inflow_cents"].item() == 820_000


@pytest.mark.parametrize(
    ("occurred_at", "night_login_count"),
    [("2026-09-01T16:00", 1), ("2026-09-01T20:59", 1), ("2026-09-01T21:00", 0)],
)
def test_a_night_login_is_from_midnight_to_five_in_the_lenders_zone(occurred_at, night_login_count):
    found = of(f"""
        event_id | user_id | event_type | occurred_at
        e1       | ana     | login      | {occurred_at}
        """)

    assert found["night_login_count"].item() == night_login_count


def test_of_several_reports_the_last_counts_and_of_those_at_one_moment_the_most_prudent():
    found = of("""
        event_id | user_id | event_type      | value | amount_cents | occurred_at
        e1       | ana     | external_score  |   630 |            - | 2026-09-01T03:00
        e2       | ana     | external_score  |   610 |            - | 2026-09-02T03:00
        e3       | ana     | external_score  |   620 |            - | 2026-09-02T03:00
        e4       | ana     | external_score  |     - |            - | 2026-09-03T03:00
        e5       | ana     | income_evidence |     - |      900_000 | 2026-09-03T03:00
        e6       | bo      | obligation      |     - |       20_000 | 2026-09-03T03:00
        e7       | bo      | obligation      |     - |       10_000 | 2026-09-03T03:00
        """)

    assert found["external_score_points"].to_list() == [610, None]
    assert found["income_evidence_cents"].to_list() == [900_000, None]
    assert found["bureau_score_points"].to_list() == [None, None]
    assert found["other_obligation_cents"].to_list() == [None, 20_000]


def test_the_smallest_different_device_hashes_are_kept_in_order():
    found = of("""
        event_id | user_id | event_type   | device_hash | occurred_at
        e1       | ana     | login        |           9 | 2026-09-01T03:00
        e2       | ana     | login        |           3 | 2026-09-02T03:00
        e3       | ana     | device_bound |           9 | 2026-09-03T03:00
        e4       | bo      | login        |           - | 2026-09-03T03:00
        """)

    assert found["device_hashes"].to_list() == [[3, 9], []]
    assert found["device_saturated"].to_list() == [False, False]


@pytest.mark.parametrize(("devices", "saturated"), [(16, False), (17, True)])
def test_more_than_sixteen_devices_are_said_to_be_more(devices, saturated):
    rows = "\n".join(f"e{n} | ana | login | {n} | 2026-09-01T03:00" for n in range(devices, 0, -1))

    found = of(f"event_id | user_id | event_type | device_hash | occurred_at\n{rows}")

    assert found["device_hashes"].to_list() == [list(range(1, 17))]
    assert found["device_saturated"].item() is saturated
