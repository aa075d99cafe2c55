"""What is still open after a month, and what pays it."""

from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.facts.ledger import ledger
from transforms.months import months_after
from transforms.tables.facts import LEDGER
from transforms.tables.logs import EVENTS

SEPTEMBER = date(2026, 9, 1)
SHANGHAI = "Asia/Shanghai"


def events(text: str) -> pl.LazyFrame:
    return filled(EVENTS, text).with_columns(pl.lit("bank").alias("source"))


def after(text: str, before: pl.LazyFrame | None = None, month: date = SEPTEMBER) -> pl.LazyFrame:
    before = LEDGER.empty() if before is None else before
    return ledger(events(text), before, month, SHANGHAI)


def open_rows(rows: pl.LazyFrame) -> list[tuple]:
    """Return what is left of each obligation, and what waits unapplied."""
    kept = rows.filter(pl.col("row_kind") != "allocation", pl.col("remaining_cents") > 0)
    return kept.select("obligation_id", "due_on", "remaining_cents").collect().rows()


def test_an_obligation_stays_with_what_is_left_and_each_part_paid_is_kept():
    given = """
        event_id | user_id | event_type     | amount_cents | due_on     | reference_id | occurred_at
        ---------+---------+----------------+--------------+------------+--------------+-----------
        d1       | ana     | instalment_due |       50_000 | 2026-09-20 | loan-7       | 2026-09-01
        p1       | ana     | repayment      |       20_000 | -          | loan-7       | 2026-09-10
        """

    found = after(given)

    then = filled(
        LEDGER,
        """
        as_of      | user_id | row_kind   | obligation_id | payment_event_id | reference_id | due_on     | amount_cents | remaining_cents | changed_at
        -----------+---------+------------+---------------+------------------+--------------+------------+--------------+-----------------+-----------------
        2026-09-30 | ana     | allocation | bank/d1       | bank/p1          | loan-7       | 2026-09-20 |       20_000 |               0 | 2026-09-10
        2026-09-30 | ana     | obligation | bank/d1       |                  | loan-7       | 2026-09-20 |       50_000 |          30_000 | 2026-09-10
        """,  # noqa: E501
    )
    assert_frame_equal(found, then)


def test_a_payment_pays_its_own_loan_first_then_the_oldest_obligation():
    found = after("""
        event_id | user_id | event_type     | amount_cents | due_on     | reference_id | occurred_at
        d1       | ana     | instalment_due |       10_000 | 2026-09-05 | car          | 2026-09-01
        d2       | ana     | instalment_due |       10_000 | 2026-09-06 | phone        | 2026-09-01
        d3       | ana     | instalment_due |       10_000 | 2026-09-07 | car          | 2026-09-01
        d4       | ana     | instalment_due |       10_000 | 2026-09-08 | phone        | 2026-09-01
        p1       | ana     | repayment      |       25_000 | -          | phone        | 2026-09-03
        """)

    assert open_rows(found) == [
        ("bank/d1", date(2026, 9, 5), 5_000),
        ("bank/d3", date(2026, 9, 7), 10_000),
    ]


def test_a_payment_without_a_loan_pays_the_oldest_obligation():
    found = after("""
        event_id | user_id | event_type     | amount_cents | due_on     | reference_id | occurred_at
        d1       | ana     | instalment_due |       10_000 | 2026-09-20 | car          | 2026-09-01
        d2       | ana     | instalment_due |       10_000 | 2026-09-06 | phone        | 2026-09-01
        p1       | ana     | repayment      |       10_000 | -          | -            | 2026-09-03
        """)

    assert open_rows(found) == [("bank/d1", date(2026, 9, 20), 10_000)]


def test_money_that_finds_nothing_to_pay_waits_for_the_next_obligation():
    august = after(
        """
        event_id | user_id | event_type | amount_cents | occurred_at
        p1       | ana     | repayment  |       30_000 | 2026-08-10T03:00
        """,
        month=months_after(SEPTEMBER, -1),
    )

    september = after(
        """
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |       20_000 | 2026-09-20 | 2026-09-01T03:00
        """,
        august,
    )

    assert open_rows(august) == [("", None, 30_000)]
    assert open_rows(september) == [("", None, 10_000)]


def test_a_reversal_reopens_what_the_payment_had_paid_with_its_old_due_date():
    august = after(
        """
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |       20_000 | 2026-08-20 | 2026-08-01T03:00
        p1       | ana     | repayment      |       20_000 | -          | 2026-08-15T03:00
        """,
        month=months_after(SEPTEMBER, -1),
    )

    september = after(
        """
        event_id | user_id | event_type | amount_cents | reverses_event_id | occurred_at
        r1       | ana     | reversal   |       20_000 | p1                | 2026-09-04T03:00
        """,
        august,
    )

    assert open_rows(august) == []
    assert open_rows(september) == [("bank/d1", date(2026, 8, 20), 20_000)]


def test_a_reversal_without_an_amount_takes_back_the_whole_payment():
    found = after("""
    event_id | user_id | event_type     | amount_cents | due_on     | reverses_event_id | occurred_at
    d1       | ana     | instalment_due |       20_000 | 2026-09-20 | -                 | 2026-09-01
    p1       | ana     | repayment      |       15_000 | -          | -                 | 2026-09-02
    r1       | ana     | reversal       |            - | -          | p1                | 2026-09-03
    """)  # noqa: E501

    assert open_rows(found) == [("bank/d1", date(2026, 9, 20), 20_000)]


def test_a_reversal_takes_back_money_that_still_waits_or_was_applied_later():
    found = after("""
    event_id | user_id | event_type     | amount_cents | due_on     | reverses_event_id | occurred_at
    p1       | ana     | repayment      |       30_000 | -          | -                 | 2026-09-01
    d1       | ana     | instalment_due |       20_000 | 2026-09-20 | -                 | 2026-09-02
    r1       | ana     | reversal       |       30_000 | -          | p1                | 2026-09-03
    """)  # noqa: E501

    assert open_rows(found) == [("bank/d1", date(2026, 9, 20), 20_000)]


def test_the_reversal_of_an_unknown_payment_is_owed_anew_and_due_that_day():
    found = after("""
        event_id | user_id | event_type | amount_cents | reverses_event_id | occurred_at
        r1       | ana     | reversal   |       20_000 | lost              | 2026-09-04T20:00
        """)

    assert open_rows(found) == [("bank/r1", date(2026, 9, 5), 20_000)]  # 04:00 in Shanghai


def test_a_payment_can_be_taken_back_part_by_part_until_the_third_month_after_it():
    month = SEPTEMBER
    book = after(
        """
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |       20_000 | 2026-09-20 | 2026-09-01T03:00
        p1       | ana     | repayment      |       20_000 | -          | 2026-09-15T03:00
        """
    )
    kept = []
    for _ in range(4):
        kept.append(book.collect().height)
        month = months_after(month, 1)
        book = ledger(EVENTS.empty(), book, month, SHANGHAI)

    assert kept == [2, 2, 2, 0]  # the obligation and the part, at the end of September to December


def test_an_obligation_paid_before_it_is_due_is_kept_until_then():
    found = after("""
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |       20_000 | 2027-02-20 | 2026-09-01T03:00
        p1       | ana     | repayment      |       20_000 | -          | 2026-09-15T03:00
        """)
    for month in (months_after(SEPTEMBER, later) for later in range(1, 5)):
        found = ledger(EVENTS.empty(), found, month, SHANGHAI)

    then = found.select("row_kind", "obligation_id", "remaining_cents").collect()

    assert then.rows() == [("obligation", "bank/d1", 0)]


def test_two_sources_may_use_the_same_event_id():
    both = events("""
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        1        | ana     | instalment_due |       20_000 | 2026-09-20 | 2026-09-01T03:00
        1        | ana     | instalment_due |       70_000 | 2026-09-21 | 2026-09-01T03:00
        """).with_columns(pl.Series("source", ["cards", "loans"]))

    found = ledger(both, LEDGER.empty(), SEPTEMBER, SHANGHAI)

    assert open_rows(found) == [
        ("cards/1", date(2026, 9, 20), 20_000),
        ("loans/1", date(2026, 9, 21), 70_000),
    ]


def test_a_line_without_a_positive_amount_moves_nothing():
    found = after("""
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |            0 | 2026-09-20 | 2026-09-01T03:00
        d2       | ana     | instalment_due |            - | 2026-09-20 | 2026-09-01T03:00
        p1       | ana     | repayment      |            - | -          | 2026-09-01T03:00
        """)

    assert_frame_equal(found, LEDGER.empty())
