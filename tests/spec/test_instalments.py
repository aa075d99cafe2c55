"""Single instalments that were late, from the ledgers of a few months."""

from datetime import date

import pytest

from tests.tables import filled
from transforms.facts.instalments import late_instalments, ledgers_of
from transforms.tables.facts import LEDGER

SEPTEMBER = date(2026, 9, 1)


def told(ledger: str, months: int = 6) -> list[tuple]:
    found = late_instalments(filled(LEDGER, ledger), SEPTEMBER, months, "Asia/Shanghai").collect()
    return found.select("obligation_id", "due_on", "paid_on", "late_days").rows()


def test_every_third_ledger_tells_every_payment():
    assert ledgers_of(SEPTEMBER, 6) == [SEPTEMBER, date(2026, 6, 1)]


def test_an_instalment_is_as_late_as_the_payment_that_settled_it_in_the_lenders_zone():
    # 16:30 in UTC is half past midnight of the next day in Shanghai.
    ledger = """
    as_of      | user_id | row_kind   | obligation_id | payment_event_id | due_on     | amount_cents | remaining_cents | changed_at
    2026-09-30 | ana     | obligation | first         |                  | 2026-09-10 | 30_000       | 0               | 2026-09-12T16:30
    2026-09-30 | ana     | allocation | first         | part             | 2026-09-10 | 10_000       | 0               | 2026-09-09T08:00
    2026-09-30 | ana     | allocation | first         | rest             | 2026-09-10 | 20_000       | 0               | 2026-09-12T16:30
    2026-09-30 | ana     | obligation | second        |                  | 2026-09-20 | 30_000       | 0               | 2026-09-20T08:00
    2026-09-30 | ana     | allocation | second        | whole            | 2026-09-20 | 30_000       | 0               | 2026-09-20T08:00
    """  # noqa: E501

    assert told(ledger) == [("first", date(2026, 9, 10), date(2026, 9, 13), 3)]


def test_cents_forgotten_are_no_lateness_and_paying_them_later_is_none_either():
    ledger = """
    as_of      | user_id | row_kind   | obligation_id | payment_event_id | due_on     | amount_cents | remaining_cents | changed_at
    2026-09-30 | ana     | obligation | due           |                  | 2026-09-10 | 30_000       | 0               | 2026-09-25T08:00
    2026-09-30 | ana     | allocation | due           | most             | 2026-09-10 | 29_950       | 0               | 2026-09-09T08:00
    2026-09-30 | ana     | allocation | due           | cents            | 2026-09-10 | 50           | 0               | 2026-09-25T08:00
    """  # noqa: E501

    assert told(ledger) == []


def test_what_is_not_paid_is_late_up_to_the_months_end_and_what_is_not_due_yet_is_not():
    ledger = """
    as_of      | user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
    2026-09-30 | ana     | obligation | old           | 2026-09-10 | 30_000       | 101
    2026-09-30 | ana     | obligation | today         | 2026-09-30 | 30_000       | 30_000
    2026-09-30 | ana     | obligation | to_come       | 2026-10-10 | 30_000       | 30_000
    """

    assert told(ledger) == [("old", date(2026, 9, 10), None, 20)]


@pytest.mark.parametrize(("months", "ids"), [(6, ["old", "new"]), (3, ["new"])])
def test_an_older_ledger_tells_what_the_newest_has_forgotten(months, ids):
    ledger = """
    as_of      | user_id | row_kind   | obligation_id | payment_event_id | due_on     | amount_cents | remaining_cents | changed_at
    2026-06-30 | ana     | obligation | old           |                  | 2026-05-10 | 30_000       | 0               | 2026-05-13T08:00
    2026-06-30 | ana     | allocation | old           | may              | 2026-05-10 | 30_000       | 0               | 2026-05-13T08:00
    2026-06-30 | ana     | obligation | new           |                  | 2026-06-20 | 30_000       | 30_000          | 2026-06-01T08:00
    2026-09-30 | ana     | obligation | new           |                  | 2026-06-20 | 30_000       | 0               | 2026-07-01T08:00
    2026-09-30 | ana     | allocation | new           | july             | 2026-06-20 | 30_000       | 0               | 2026-07-01T08:00
    """  # noqa: E501

    assert [row[0] for row in told(ledger, months)] == ids


def test_what_was_paid_before_the_months_that_count_is_not_told():
    ledger = """
    as_of      | user_id | row_kind   | obligation_id | payment_event_id | due_on     | amount_cents | remaining_cents | changed_at
    2026-09-30 | ana     | obligation | august        |                  | 2026-08-10 | 30_000       | 0               | 2026-08-13T08:00
    2026-09-30 | ana     | allocation | august        | paid             | 2026-08-10 | 30_000       | 0               | 2026-08-13T08:00
    """  # noqa: E501

    assert told(ledger, months=1) == []
    assert len(told(ledger, months=2)) == 1
