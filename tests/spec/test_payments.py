"""A user's own late payments, told one by one, or month by month where no more is known."""

from datetime import date, timedelta

import pytest

from tests.tables import table
from transforms.tables.facts import CREDIT_MONTHS
from transforms.telling.payments import MOST_TOLD, payments

HALF_A_YEAR = """
    as_of      | due_count | paid_on_time_count | dpd_max_days | overdue_end_cents
    2026-03-31 | 1         | 1                  | 0            | 0
    2026-04-30 | 1         | 0                  | 3            | 0
    2026-05-31 | 1         | 1                  | 0            | 0
    2026-06-30 | 1         | 0                  | 11           | 52_300
"""


def months(text: str) -> list[dict]:
    return table(text, **CREDIT_MONTHS.schema).collect().to_dicts()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "Of 4 payments that fell due since 2026-03, you made 2 on time. You were up to "
            "3 days late in 2026-04, up to 11 days late in 2026-06. CNY 523 is overdue now.",
        ),
        (
            "zh",
            "自2026年3月起应还4笔，其中2笔按时还清。2026年4月最长逾期3天，2026年6月最长逾期11天。"
            "目前逾期金额为523元。",
        ),
    ],
)
def test_each_late_month_is_told_with_its_days_and_what_is_still_overdue(language, told):
    assert payments(months(HALF_A_YEAR), None, "CNY", language) == told


def test_of_one_payment_the_words_agree():
    one = """
        as_of      | due_count | paid_on_time_count | dpd_max_days | overdue_end_cents
        2026-06-30 | 1         | 0                  | 1            | 0
    """

    assert payments(months(one), None, "CNY", "en") == (
        "Of 1 payment that fell due since 2026-06, you made 0 on time. "
        "You were up to 1 day late in 2026-06."
    )


def test_the_words_agree_with_one_payment_made_on_time():
    two = """
        as_of      | due_count | paid_on_time_count | dpd_max_days | overdue_end_cents
        2026-06-30 | 2         | 1                  | 11           | 0
    """

    assert payments(months(two), None, "CNY", "en").startswith(
        "Of 2 payments that fell due since 2026-06, you made 1 on time. "
    )


def test_a_reported_status_counts_no_payments():
    reported = """
        as_of      | due_count | paid_on_time_count | dpd_max_days | overdue_end_cents
        2026-05-31 | 0         | 0                  | 30           | -
        2026-06-30 | 0         | 0                  | -            | -
    """

    assert (
        payments(months(reported), None, "CNY", "en") == "You were up to 30 days late in 2026-05."
    )


def test_nothing_is_told_of_who_was_never_late_or_of_whom_nothing_is_known():
    never = """
        as_of      | due_count | paid_on_time_count | dpd_max_days | overdue_end_cents
        2026-06-30 | 1         | 1                  | 0            | 0
    """

    assert payments(months(never), [], "CNY", "en") == ""
    assert payments([], [], "CNY", "zh") == ""


ONE_BY_ONE = [
    {"due_on": date(2026, 4, 12), "paid_on": date(2026, 4, 15), "late_days": 3},
    {"due_on": date(2026, 5, 30), "paid_on": date(2026, 5, 31), "late_days": 1},
    {"due_on": date(2026, 6, 19), "paid_on": None, "late_days": 11},
]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "Of 4 payments that fell due since 2026-03, you made 2 on time. Paid late: due "
            "on 2026-04-12, 3 days late; due on 2026-05-30, 1 day late. Not paid yet: due on "
            "2026-06-19, 11 days late by now. CNY 523 is overdue now.",
        ),
        (
            "zh",
            "自2026年3月起应还4笔，其中2笔按时还清。逾期还清：2026年4月12日到期，逾期3天；"
            "2026年5月30日到期，逾期1天。尚未还清：2026年6月19日到期，至今逾期11天。"
            "目前逾期金额为523元。",
        ),
    ],
)
def test_each_late_instalment_is_told_with_its_due_date_and_its_days(language, told):
    assert payments(months(HALF_A_YEAR), ONE_BY_ONE, "CNY", language) == told


@pytest.mark.parametrize(("earlier", "told"), [(1, "1 earlier one;"), (3, "3 earlier ones;")])
def test_of_many_late_instalments_the_newest_are_told_and_the_others_counted(earlier, told):
    begin = date(2026, 1, 1)
    many = [
        {"due_on": begin + timedelta(days=n), "paid_on": begin, "late_days": 2}
        for n in range(MOST_TOLD + earlier)
    ]

    found = payments(months(HALF_A_YEAR), many, "CNY", "en")

    assert f"Paid late: {told} due on {begin + timedelta(days=earlier)}, 2 days late;" in found
    assert found.count("2 days late") == MOST_TOLD
