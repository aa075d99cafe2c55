"""The state of every line at the month's end, from which its decision starts."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.deciding.lines import LINES, lines
from transforms.tables.decided import LIMITS
from transforms.tables.facts import CREDIT_MONTHS
from transforms.tables.logs import ACCOUNTS

SEPTEMBER = date(2026, 9, 1)
NOTHING = "user_id | as_of"


def of(accounts: str, credit_months: str = NOTHING, limits: str = NOTHING, mode: str = "live"):
    return lines(
        filled(ACCOUNTS, accounts),
        filled(CREDIT_MONTHS, credit_months),
        filled(LIMITS, limits),
        SEPTEMBER,
        mode,
    ).collect()


def test_rows_have_the_declared_columns_and_are_sorted_by_user():
    accounts = """
        user_id | opened_on  | as_of
        dai     | 2026-01-15 | 2026-09-30
        ana     | 2026-01-15 | 2026-09-30
        """

    found = of(accounts)

    assert found.schema == LINES.schema
    assert found["user_id"].to_list() == ["ana", "dai"]


def test_a_line_written_off_whose_limit_is_no_longer_reported_has_none_and_can_be_decided():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-03-20 | 2026-09-30
        bo      | 2024-03-20 | 2026-09-30
        """
    credit_months = """
        user_id | charged_off | balance_end_cents | as_of
        ana     | yes         |           145_132 | 2026-09-30
        bo      | no          |           145_132 | 2026-09-30
        """

    found = of(accounts, credit_months).select("user_id", "limit_before_cents", "decidable")

    assert found.rows() == [("ana", 0, True), ("bo", None, False)]


def test_a_line_is_open_once_opened_else_applied_for_and_without_either_it_is_no_line():
    accounts = """
        user_id | opened_on  | applied_on | as_of
        --------+------------+------------+-----------
        ana     | 2026-03-20 | 2026-03-01 | 2026-09-30
        bo      | 2026-10-02 | 2026-09-20 | 2026-09-30
        chen    | -          | 2026-10-03 | 2026-09-30
        dai     | -          | -          | 2026-09-30
        """

    found = of(accounts).select("user_id", "line_status_before", "months_on_book", "opened_on")

    then = filled(
        LINES,
        """
        user_id | line_status_before | months_on_book | opened_on
        ana     | open               |              6 | 2026-03-20
        bo      | applied            |              - | -
        """,
    ).select(found.columns)
    assert_frame_equal(found, then.collect())


def test_a_source_that_tells_neither_date_has_open_lines_where_it_reports_credit():
    accounts = """
        user_id | source_limit_cents | as_of
        ana     | -                  | 2026-09-30
        bo      | 500_000            | 2026-09-30
        chen    | -                  | 2026-09-30
        """
    credit = """
        user_id | as_of      | dpd_end_days
        ana     | 2026-09-30 | 0
        """

    found = of(accounts, credit).select("user_id", "line_status_before", "undecidable_because")

    assert found.rows() == [("ana", "open", "unknown_limit"), ("bo", "open", "unknown_balance")]


@pytest.mark.parametrize(
    ("mode", "reported_on", "starts_from", "because"),
    [
        ("live", "2026-09-30", 1_200_000, "the lender's limit in force counts before ours"),
        ("live", "2025-09-30", 1_200_000, "a report is carried for twelve months"),
        ("live", "-", 1_500_000, "without a report, the last published limit"),
        ("shadow", "-", None, "in shadow mode nothing that we published took effect"),
    ],
)
def test_the_limit_before(mode, reported_on, starts_from, because):
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        """
    credit = f"""
        user_id | as_of         | limit_in_force_cents | balance_end_cents
        ana     | {reported_on} | 1_200_000            | 0
        ana     | 2026-09-30    | -                    | 0
        """
    if reported_on == "2026-09-30":
        credit = credit.replace("ana     | 2026-09-30    | -                    | 0", "")
    published = """
        user_id | as_of      | limit_cents | action | line_status
        ana     | 2026-08-31 | 1_500_000   | hold   | open
        """

    found = of(accounts, credit, published, mode)

    assert found["limit_before_cents"].item() == starts_from, because
    assert found["undecidable_because"].item() == (None if starts_from else "unknown_limit")


def test_a_limit_of_the_account_system_counts_where_no_event_reports_one():
    accounts = """
        user_id | opened_on  | source_limit_cents | as_of
        ana     | 2024-01-15 |            700_000 | 2026-09-30
        """
    credit = """
        user_id | as_of      | balance_end_cents
        ana     | 2026-09-30 | 30_000
        """

    found = of(accounts, credit)

    assert found["limit_in_force_cents"].item() == 700_000
    assert found["decidable"].item()


def test_an_unknown_balance_is_not_taken_for_nothing():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        """
    credit = """
        user_id | as_of      | limit_in_force_cents | balance_end_cents
        ana     | 2026-08-31 | 700_000              | 10_000
        """

    found = of(accounts, credit)

    assert found["balance_end_cents"].item() is None
    assert found["undecidable_because"].item() == "unknown_balance"


def test_a_closed_line_stays_until_nothing_is_owed():
    accounts = """
        user_id | opened_on  | applied_on | as_of
        ana     | 2024-01-15 | -          | 2026-09-30
        bo      | 2024-01-15 | -          | 2026-09-30
        chen    | 2024-01-15 | 2026-09-10 | 2026-09-30
        """
    credit = """
        user_id | as_of      | closed | balance_end_cents | limit_in_force_cents
        ana     | 2026-08-31 | yes    | 5_000             | 700_000
        ana     | 2026-09-30 | yes    | 4_000             | -
        bo      | 2026-09-30 | yes    | 0                 | -
        chen    | 2026-08-31 | yes    | 0                 | -
        chen    | 2026-09-30 | yes    | 0                 | -
        """

    found = of(accounts, credit).select(
        "user_id", "line_status_before", "limit_before_cents", "closed", "decidable"
    )

    assert found.rows() == [
        ("ana", "closed", 0, True, True),
        ("chen", "applied", None, False, True),  # asked again after closing
    ]


def test_a_line_open_in_the_last_run_gets_one_row_to_say_that_it_closed():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        bo      | 2024-01-15 | 2026-09-30
        """
    credit = """
        user_id | as_of      | closed | balance_end_cents
        ana     | 2026-09-30 | yes    | 0
        bo      | 2026-09-30 | yes    | 0
        """
    published = """
        user_id | as_of      | action | line_status
        ana     | 2026-08-31 | hold   | open
        bo      | 2026-08-31 | close  | closed
        """

    found = of(accounts, credit, published).select("user_id", "line_status_before", "closed")

    assert found.rows() == [("ana", "open", True)]


def test_a_declined_applicant_returns_only_with_a_newer_application():
    accounts = """
        user_id | applied_on | as_of
        ana     | 2026-07-10 | 2026-09-30
        bo      | 2026-09-10 | 2026-09-30
        chen    | 2026-07-10 | 2026-09-30
        dai     | 2025-07-10 | 2026-09-30
        """
    published = """
        user_id | as_of      | action  | line_status
        ana     | 2026-07-31 | decline | applied
        bo      | 2026-07-31 | decline | closed
        """

    found = of(accounts, limits=published)

    assert found.select("user_id", "line_status_before", "balance_end_cents").rows() == [
        ("bo", "applied", 0),
        ("chen", "applied", 0),  # never decided; dai's application has lapsed
    ]


def test_where_the_lender_has_no_lines_every_account_applies_anew_each_month():
    accounts = """
        user_id | opened_on  | applied_on | as_of
        ana     | 2020-01-15 | -          | 2026-09-30
        bo      | -          | 2020-01-15 | 2026-09-30
        chen    | -          | -          | 2026-09-30
        """
    credit = "user_id | balance_end_cents | as_of\nana | 5_000 | 2026-09-30"
    published = """
        user_id | as_of      | action  | line_status | limit_cents
        ana     | 2026-08-31 | grant   | applied     | 500_000
        bo      | 2026-08-31 | decline | applied     | 0
        """

    found = of(accounts, credit, published, mode="indicative")

    assert found.select("user_id", "line_status_before", "limit_before_cents").rows() == [
        ("ana", "applied", None),
        ("bo", "applied", None),
        ("chen", "applied", None),
    ]
    assert found["decidable"].all()


def test_last_months_users_are_present_again_even_if_the_account_is_missing():
    published = """
        user_id | as_of      | action | line_status | limit_cents
        ana     | 2026-08-31 | hold   | open        | 500_000
        """

    found = of(NOTHING, limits=published)

    assert found.select("user_id", "line_status_before", "undecidable_because").rows() == [
        ("ana", "open", "unknown_account")
    ]


def test_what_the_last_run_said_is_carried_and_only_the_last_run_counts_for_risk():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        bo      | 2024-01-15 | 2026-09-30
        """
    published = """
        user_id | as_of      | pd_ppm | apr_bps | raise_eligible | soft_trigger | line_status
        ana     | 2026-07-31 | 10_000 | 1800    | no             | no           | frozen
        ana     | 2026-08-31 | 20_000 | 1850    | yes            | yes          | frozen
        bo      | 2026-07-31 | 10_000 | 1800    | yes            | no           | open
        """

    found = of(accounts, limits=published).select(
        "pd_before_ppm",
        "apr_before_bps",
        "raise_eligible_before",
        "soft_trigger_before",
        "line_status_before",
        "frozen_months",
    )

    assert found.rows() == [
        (20_000, 1850, True, True, "frozen", 2),
        (None, 1800, None, None, "open", 0),
    ]


def test_in_shadow_mode_our_freeze_did_not_take_effect():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        """
    published = """
        user_id | as_of      | line_status
        ana     | 2026-08-31 | frozen
        """

    found = of(accounts, limits=published, mode="shadow")

    assert found.select("line_status_before", "frozen_months").rows() == [("open", 0)]


RAISED_IN_JULY = """
    user_id | as_of      | limit_in_force_cents
    ana     | 2025-09-30 | 500_000
    ana     | 2026-07-31 | 500_000
    ana     | 2026-08-31 | 600_000
    ana     | 2026-09-30 | 600_000
    """
HELD_BY_US = """
    user_id | as_of      | action | line_status
    ana     | 2026-07-31 | hold   | open
    ana     | 2026-08-31 | raise  | open
    """


@pytest.mark.parametrize(
    ("mode", "credit", "published", "since", "count", "because"),
    [
        ("live", RAISED_IN_JULY, NOTHING, 2, 1, "seen in August's limit: decided for July"),
        ("live", RAISED_IN_JULY, HELD_BY_US, 1, 1, "where we decided, our own rows count"),
        ("shadow", RAISED_IN_JULY, HELD_BY_US, 2, 1, "our own raise did not take effect"),
        ("live", NOTHING, HELD_BY_US, 1, 1, "our own raise alone"),
        ("live", NOTHING, NOTHING, None, None, "nothing known is not evaluated, not passed"),
    ],
)
def test_the_raises_of_twelve_months(mode, credit, published, since, count, because):
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        """

    found = of(accounts, credit, published, mode)

    assert found.select("months_since_raise", "raises_12m").row(0) == (since, count), because


def test_no_raise_in_a_line_whose_whole_life_is_known_is_none_and_not_unknown():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2026-06-15 | 2026-09-30
        bo      | 2026-01-15 | 2026-09-30
        """
    credit = """
        user_id | as_of      | limit_in_force_cents
        ana     | 2026-06-30 | 500_000
        ana     | 2026-09-30 | 500_000
        bo      | 2026-06-30 | 500_000
        bo      | 2026-09-30 | 500_000
        """

    found = of(accounts, credit).select("user_id", "months_since_raise", "raises_12m")

    assert found.rows() == [("ana", 13, 0), ("bo", None, None)]


def test_rows_after_the_month_change_nothing():
    accounts = """
        user_id | opened_on  | as_of
        ana     | 2024-01-15 | 2026-09-30
        """
    later_accounts = accounts + "ana | 2020-01-15 | 2026-10-31"
    credit = "user_id | as_of | limit_in_force_cents\nana | 2026-09-30 | 500_000"
    later_credit = credit + "\nana | 2026-10-31 | 900_000"

    assert_frame_equal(of(accounts, credit), of(later_accounts, later_credit))


def test_the_order_of_rows_changes_nothing():
    accounts = filled(
        ACCOUNTS,
        "user_id | opened_on | as_of\nana | 2024-01-15 | 2026-09-30\nbo | 2024-01-15 | 2026-09-30",
    )
    credit = filled(CREDIT_MONTHS, RAISED_IN_JULY)
    published = filled(LIMITS, HELD_BY_US)

    forward = lines(accounts, credit, published, SEPTEMBER, "live").collect()
    backward = lines(
        accounts.reverse(), credit.reverse(), published.reverse(), SEPTEMBER, "live"
    ).collect()

    assert_frame_equal(forward, backward)
    assert forward.select(pl.col("user_id").is_sorted()).item()
