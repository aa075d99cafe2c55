"""How a user's credit stood over a month: dues, days past due, balance, state of the line."""

from datetime import date

import polars as pl
import pytest

from tests.tables import filled
from transforms.facts.credit_months import credit_facts
from transforms.months import months_after
from transforms.tables.facts import CREDIT_MONTHS, LEDGER
from transforms.tables.logs import EVENTS

SEPTEMBER = date(2026, 9, 1)
OCTOBER = date(2026, 10, 1)
SHANGHAI = "Asia/Shanghai"

DUE = """
    event_id | user_id | event_type     | amount_cents | due_on     | reverses_event_id | occurred_at
    d1       | ana     | instalment_due |       20_000 | 2026-09-10 | -                 | 2026-09-01
"""  # noqa: E501


def run(text: str, before=None, month: date = SEPTEMBER, credit_from: str = "ledger"):
    """Return the ledger and the credit months after `month`."""
    events = filled(EVENTS, text).with_columns(pl.lit("bank").alias("source"))
    ledger, rows = before or (LEDGER.empty(), CREDIT_MONTHS.empty())
    return credit_facts(events, ledger, rows, month, SHANGHAI, credit_from)


def ana(facts) -> dict:
    """Return ana's credit month as a dictionary."""
    return facts[1].filter(pl.col("user_id") == "ana").collect().row(0, named=True)


def nothing_more(facts, month: date):
    """Return the facts after a month in which nothing happened."""
    return credit_facts(EVENTS.empty(), *facts, month, SHANGHAI, "ledger")


@pytest.mark.parametrize(
    ("paid_at", "on_time", "late", "unpaid", "dpd_end", "dpd_max", "because"),
    [
        ("2026-09-09T03:00", 1, 0, 0, 0, 0, "paid the day before"),
        ("2026-09-10T15:59", 1, 0, 0, 0, 0, "a due falls at the day's end in Shanghai"),
        ("2026-09-10T16:00", 0, 1, 0, 0, 0, "the next day is late, though no day end saw it"),
        ("2026-09-14T03:00", 0, 1, 0, 0, 3, "unpaid at the ends of the 11th to the 13th"),
        ("2026-10-09T03:00", 0, 0, 1, 20, 20, "not paid this month"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_an_obligation_is_paid_on_time_late_or_not(
    paid_at, on_time, late, unpaid, dpd_end, dpd_max, because
):
    payment = f"p1 | ana | repayment | 20_000 | - | - | {paid_at}" if paid_at < "2026-10" else ""

    found = ana(run(DUE + payment))

    assert found["due_count"] == 1
    assert found["due_cents"] == 20_000
    assert (found["paid_on_time_count"], found["paid_late_count"]) == (on_time, late), because
    assert found["unpaid_count"] == unpaid
    assert found["overdue_end_cents"] == 20_000 * unpaid
    assert (found["dpd_end_days"], found["dpd_max_days"]) == (dpd_end, dpd_max), because
    assert found["dpd_low_days"] == found["dpd_high_days"] == dpd_end


@pytest.mark.parametrize(
    ("paid_cents", "on_time", "unpaid"), [(19_899, 0, 1), (19_900, 1, 0), (20_000, 1, 0)]
)
def test_at_most_one_hundred_cents_left_count_as_paid(paid_cents, on_time, unpaid):
    found = ana(run(DUE + f"p1 | ana | repayment | {paid_cents} | - | - | 2026-09-09T03:00"))

    assert (found["paid_on_time_count"], found["unpaid_count"]) == (on_time, unpaid)
    assert found["dpd_end_days"] == 20 * unpaid


def test_days_past_due_grow_over_the_month_and_end_with_the_payment():
    october = run(
        "event_id | user_id | event_type | amount_cents | occurred_at\n"
        "p1 | ana | repayment | 20_000 | 2026-10-06T03:00",
        run(DUE),
        OCTOBER,
    )

    found = ana(october)

    assert (found["due_count"], found["paid_late_count"]) == (0, 1)
    assert (found["dpd_end_days"], found["dpd_max_days"]) == (0, 25)  # 10 September to 5 October
    assert (found["settled_count"], found["settled_after_due_days"]) == (1, 26)


def test_a_due_paid_off_early_counts_below_zero_in_the_month_of_its_payment():
    found = ana(run(DUE + "p1 | ana | repayment | 20_000 | - | - | 2026-09-07T03:00"))

    assert (found["settled_count"], found["settled_after_due_days"]) == (1, -3)


def test_a_due_on_the_months_last_day_is_overdue_from_the_next_month_on():
    september = run(DUE.replace("2026-09-10", "2026-09-30"))

    first, second = ana(september), ana(nothing_more(september, OCTOBER))

    assert (first["due_count"], first["unpaid_count"], first["dpd_end_days"]) == (1, 0, 0)
    assert (second["due_count"], second["unpaid_count"], second["dpd_end_days"]) == (0, 1, 31)


def test_an_obligation_counts_in_the_month_it_falls_due_though_known_and_paid_before():
    september = run(
        DUE.replace("2026-09-10", "2026-10-10")
        + "p1 | ana | repayment | 20_000 | - | - | 2026-09-20T03:00"
    )

    first, second = ana(september), ana(nothing_more(september, OCTOBER))

    assert (first["due_count"], first["paid_on_time_count"]) == (0, 0)
    assert (second["due_count"], second["paid_on_time_count"]) == (1, 1)


def test_an_obligation_learnt_of_after_its_due_date_counts_once_when_it_is_learnt_of():
    found = ana(run(DUE.replace("2026-09-10", "2026-08-10")))

    assert (found["due_count"], found["paid_on_time_count"], found["unpaid_count"]) == (1, 0, 1)
    assert found["dpd_end_days"] == 51


def test_a_reversal_restores_the_old_age():
    september = run(DUE + "p1 | ana | repayment | 20_000 | - | - | 2026-09-09T03:00")
    october = run(
        "event_id | user_id | event_type | amount_cents | reverses_event_id | occurred_at\n"
        "r1 | ana | reversal | 20_000 | p1 | 2026-10-05T03:00",
        september,
        OCTOBER,
    )

    found = ana(october)

    assert (found["unpaid_count"], found["dpd_end_days"]) == (1, 51)  # from 10 September
    assert found["repaid_cents"] == -20_000


def test_a_payment_reversed_and_made_again_on_one_day_leaves_no_day_past_due():
    found = ana(
        run(
            DUE
            + "p1 | ana | repayment | 20_000 | - | -  | 2026-09-09T03:00\n"
            + "r1 | ana | reversal  | 20_000 | - | p1 | 2026-09-20T03:00\n"
            + "p2 | ana | repayment | 20_000 | - | -  | 2026-09-20T04:00"
        )
    )

    assert (found["paid_late_count"], found["unpaid_count"]) == (1, 0)
    assert (found["dpd_end_days"], found["dpd_max_days"]) == (0, 0)


def test_days_past_due_are_unknown_until_a_first_obligation_has_fallen_due_and_known_for_ever():
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    facts = run(
        """
        event_id | user_id | event_type     | amount_cents | due_on     | occurred_at
        d1       | ana     | instalment_due |       20_000 | 2026-08-10 | 2026-07-20T03:00
        p1       | ana     | repayment      |       20_000 | -          | 2026-07-21T03:00
        """,
        month=july,
    )
    seen = [ana(facts)]
    for month in (august, SEPTEMBER, OCTOBER):
        facts = nothing_more(facts, month)
        seen.append(ana(facts))

    assert [row["dpd_end_days"] for row in seen] == [None, 0, 0, 0]
    assert [row["dpd_max_days"] for row in seen] == [None, 0, 0, 0]
    assert [row["overdue_end_cents"] for row in seen] == [None, 0, 0, 0]


def test_with_an_opening_state_days_past_due_are_known_at_once():
    opening = filled(
        LEDGER,
        """
        user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
        --------+------------+---------------+------------+--------------+----------------
        ana     | obligation | d0            | 2026-08-31 |       20_000 |          20_000
        bo      | unapplied  |               | -          |            0 |               0
        """,
    )

    _, rows = nothing_more((opening, CREDIT_MONTHS.empty()), SEPTEMBER)

    assert rows.select("user_id", "dpd_end_days").collect().rows() == [("ana", 30), ("bo", 0)]


def test_the_balance_adds_what_is_drawn_and_charged_and_takes_off_what_is_repaid():
    september = run("""
        event_id | user_id | event_type | amount_cents | reverses_event_id | occurred_at
        b1       | ana     | drawdown   |      100_000 | -                 | 2026-09-01T03:00
        f1       | ana     | fee        |          500 | -                 | 2026-09-01T03:00
        i1       | ana     | interest   |        1_500 | -                 | 2026-09-20T03:00
        p1       | ana     | repayment  |       30_000 | -                 | 2026-09-21T03:00
        r1       | ana     | reversal   |       30_000 | p1                | 2026-09-22T03:00
        p2       | ana     | repayment  |       10_000 | -                 | 2026-09-23T03:00
        """)

    found = ana(september)

    assert found["balance_end_cents"] == 100_000 + 500 + 1_500 - 30_000 + 30_000 - 10_000
    assert found["drawdown_cents"] == 100_000
    assert found["interest_and_fees_cents"] == 2_000
    assert found["repaid_cents"] == 10_000
    assert ana(nothing_more(september, OCTOBER))["balance_end_cents"] == 92_000


def test_a_statement_sets_the_balance_and_later_lines_add_to_it():
    found = ana(
        run("""
        event_id | user_id | event_type | amount_cents | occurred_at
        b1       | ana     | drawdown   |      100_000 | 2026-09-01T03:00
        s1       | ana     | statement  |      -20_000 | 2026-09-10T03:00
        b2       | ana     | drawdown   |        5_000 | 2026-09-11T03:00
        """)
    )

    assert found["balance_end_cents"] == -15_000


def test_a_day_counts_as_owed_if_something_is_owed_at_its_end():
    september = run("""
        event_id | user_id | event_type | amount_cents | occurred_at
        b1       | ana     | drawdown   |       50_000 | 2026-09-03T03:00
        p1       | ana     | repayment  |       50_000 | 2026-09-10T03:00
        b2       | ana     | drawdown   |       50_000 | 2026-09-12T03:00
        s1       | ana     | statement  |            0 | 2026-09-12T09:00
        b3       | ana     | drawdown   |       50_000 | 2026-09-26T03:00
        b4       | bo      | repayment  |       50_000 | 2026-09-26T03:00
        """)
    _, rows = september

    found = {row["user_id"]: row["owed_days"] for row in rows.collect().to_dicts()}

    assert found == {"ana": 7 + 0 + 5, "bo": None}  # 3 to 9, and from 26 on; bo's debt is unknown
    assert ana(nothing_more(september, OCTOBER))["owed_days"] == 31


@pytest.mark.parametrize(
    ("event_type", "balance_end_cents", "because"),
    [
        ("limit_in_force", 0, "a line that was never drawn owes nothing"),
        ("drawdown", 50_000, "the first drawdown begins the balance"),
        ("fee", None, "a fee alone does not say what was owed before it"),
        ("repayment", None, "nor does a payment"),
    ],
)
def test_the_balance_is_unknown_until_a_statement_a_drawdown_or_a_limit(
    event_type, balance_end_cents, because
):
    found = ana(
        run(f"""
        event_id | user_id | event_type   | amount_cents | occurred_at
        e1       | ana     | {event_type} |       50_000 | 2026-09-01T03:00
        """)
    )

    assert found["balance_end_cents"] == balance_end_cents, because


def test_the_limit_is_the_last_one_reported_in_the_month_and_not_carried_on():
    september = run("""
        event_id | user_id | event_type     | amount_cents | occurred_at
        l2       | ana     | limit_in_force |      900_000 | 2026-09-30T03:00
        l1       | ana     | limit_in_force |      500_000 | 2026-09-01T03:00
        """)

    assert ana(september)["limit_in_force_cents"] == 900_000
    assert ana(nothing_more(september, OCTOBER))["limit_in_force_cents"] is None


def test_a_limit_or_a_statement_filed_late_says_nothing_of_this_months_end_but_money_moves():
    found = ana(
        run("""
        event_id | user_id | event_type     | amount_cents | occurred_at
        l1       | ana     | limit_in_force |      500_000 | 2026-03-01T03:00
        s1       | ana     | statement      |       70_000 | 2026-03-01T03:00
        b1       | ana     | drawdown       |       30_000 | 2026-03-02T03:00
        """)
    )

    assert found["limit_in_force_cents"] is None
    assert found["drawdown_cents"] == found["balance_end_cents"] == 30_000
    assert found["owed_days"] == 30, "drawn before the month, so owed from its first day on"


@pytest.mark.parametrize(
    ("lines", "closed", "because"),
    [
        ("c1 | ana | line_closed | - | 2026-09-05T03:00", True, "closed"),
        (
            "c1 | ana | line_closed | - | 2026-09-05T03:00\n"
            "l1 | ana | limit_in_force | 500_000 | 2026-09-30T03:00",
            False,
            "a positive limit after it reopens the line",
        ),
        (
            "c1 | ana | line_closed | - | 2026-09-05T03:00\n"
            "l1 | ana | limit_in_force | 0 | 2026-09-30T03:00",
            True,
            "a limit of nothing does not",
        ),
        (
            "l1 | ana | limit_in_force | 500_000 | 2026-09-01T03:00\n"
            "c1 | ana | line_closed | - | 2026-09-05T03:00",
            True,
            "nor does a limit before it",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "|" not in value else "",
)
def test_a_closed_line_stays_closed_until_a_positive_limit_is_reported(lines, closed, because):
    september = run(f"event_id | user_id | event_type | amount_cents | occurred_at\n{lines}")

    assert ana(september)["closed"] is closed, because
    assert ana(nothing_more(september, OCTOBER))["closed"] is closed


def test_a_charge_off_is_for_ever():
    september = run("""
        event_id | user_id | event_type | amount_cents | occurred_at
        c1       | ana     | charge_off |       50_000 | 2026-09-05T03:00
        """)
    october = run(
        "event_id | user_id | event_type | amount_cents | occurred_at\n"
        "l1 | ana | limit_in_force | 500_000 | 2026-10-30T03:00",
        september,
        OCTOBER,
    )

    assert ana(september)["charged_off"] is True
    assert ana(october)["charged_off"] is True


def test_a_user_has_a_row_from_the_first_credit_event_on_and_nobody_without_one():
    september = run("""
        event_id | user_id | event_type | amount_cents | occurred_at
        e1       | bo      | purchase   |       50_000 | 2026-09-05T03:00
        e2       | ana     | drawdown   |       50_000 | 2026-09-05T03:00
        """)

    later = nothing_more(nothing_more(september, OCTOBER), months_after(OCTOBER, 1))

    assert later[1].collect()["user_id"].to_list() == ["ana"]
    assert later[1].collect().schema == CREDIT_MONTHS.schema
    assert ana(later)["as_of"] == date(2026, 11, 30)


REPORTED = """
        event_id | user_id | event_type         | amount_cents | value | value_high | occurred_at
        s0       | ana     | delinquency_status |            - |    60 |         89 | 2026-09-10
        s1       | ana     | delinquency_status |            - |     1 |         29 | 2026-09-30
        t1       | ana     | statement          |       80_000 |     - |          - | 2026-09-30
        p1       | ana     | repayment          |       10_000 |     - |          - | 2026-09-20
        l1       | ana     | limit_in_force     |      500_000 |     - |          - | 2026-09-30
"""


def test_a_reported_status_counts_last_for_the_months_end_and_worst_for_the_month():
    ledger, rows = run(REPORTED, credit_from="reported")

    found = ana((ledger, rows))

    assert (found["dpd_low_days"], found["dpd_high_days"]) == (1, 29)
    assert (found["dpd_end_days"], found["dpd_max_days"]) == (1, 60)
    assert (found["balance_end_cents"], found["repaid_cents"]) == (80_000, 10_000)
    assert found["limit_in_force_cents"] == 500_000
    assert (found["due_count"], found["paid_late_count"], found["unpaid_count"]) == (0, 0, 0)
    assert found["overdue_end_cents"] is None
    assert found["credit_from"] == "reported"
    assert ledger.collect().is_empty()


def test_what_is_not_reported_this_month_is_unknown_not_carried_on():
    september = run(REPORTED, credit_from="reported")

    october = credit_facts(EVENTS.empty(), *september, OCTOBER, SHANGHAI, "reported")

    found = ana(october)
    assert found["dpd_end_days"] is found["dpd_max_days"] is found["balance_end_cents"] is None


def test_an_exact_status_is_both_ends_of_its_range():
    found = ana(
        run(
            "event_id | user_id | event_type | value | occurred_at\n"
            "s1 | ana | delinquency_status | 30 | 2026-09-30T03:00",
            credit_from="reported",
        )
    )

    assert found["dpd_low_days"] == found["dpd_high_days"] == found["dpd_end_days"] == 30
