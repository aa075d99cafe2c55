"""Whom to look at first, and what that was worth."""

from datetime import date

import polars as pl
import pytest

from tests.tables import filled, table
from transforms.tables.decided import SCORES
from transforms.tables.facts import CREDIT_MONTHS
from transforms.watching.early_warning import STATE, alerts, figures, outcomes, watched

COLUMNS = ("user_id", "dpd_end_days", "dpd_max_days", "pd_ppm", "limit_changed")


def state(*rows: tuple) -> "object":
    text = " | ".join(COLUMNS) + "\n" + "\n".join(" | ".join(row.split()) for row in rows)
    return table(text, **STATE).with_columns(is_open=pl.lit(True)).collect()


def quiet(*users: str):
    """A month in which nobody is late and everybody has the same PD."""
    return state(*(f"{user} 0 0 1_000 no" for user in users))


def month(number: int) -> date:
    return date(2026, number, 1)


def ana_fails_after(begun):
    """A month, and three in which ana is 61 days past due."""
    failed = state("ana 61 61 9_000 no", "bo 0 0 1_000 no")
    return {month(1): begun, month(2): failed, month(3): failed, month(4): failed}


def test_the_riskiest_are_alerted_and_those_30_days_late_are_past_warning():
    found = watched(state("ana 0 0 1_000 no", "bo 0 0 9_000 no", "chen 30 30 90_000 no"))

    assert found.select("user_id", "is_alert").rows() == [("bo", True), ("ana", False)]


def test_who_is_behind_comes_first_and_then_the_higher_risk():
    found = watched(state("ana 0 0 9_000 no", "bo 1 1 2_000 no", "chen 5 5 - no"))

    assert found["user_id"].to_list() == ["bo", "chen", "ana"]


def test_of_equal_risk_the_one_further_behind_comes_first():
    found = watched(state("ana 2 2 9_000 no", "bo 5 5 9_000 no"))

    assert found["user_id"].to_list() == ["bo", "ana"]


def test_a_closed_line_is_nobodys_alert():
    closed = state("ana 0 0 9_000 no").with_columns(is_open=pl.lit(False))

    assert watched(closed).is_empty()


def test_an_alert_says_what_is_past_due_and_what_cost_most_points():
    credit = filled(
        CREDIT_MONTHS,
        """
        user_id | dpd_end_days | dpd_max_days
        ana     | 3            | 3
        """,
    )
    lost = [
        {"feature": name, "points": 0, "points_lost": points}
        for name, points in (("a", 9), ("b", 5), ("c", 2), ("d", 1), ("e", 0))
    ]
    scored = filled(SCORES, "user_id | pd_ppm\nana     | 50_000").with_columns(
        contributions=pl.lit(pl.Series([lost], dtype=SCORES.schema["contributions"]))
    )

    row = alerts(credit, scored, month(9)).collect().row(0, named=True)
    assert (row["as_of"], row["place"], row["dpd_end_days"]) == (date(2026, 9, 30), 1, 3)
    assert row["reasons"] == ["past_due", "a", "b", "c"]


def test_two_in_a_hundred_are_alerted():
    found = watched(state(*(f"u{n:03} 0 0 {n} no" for n in range(150))))

    assert found["is_alert"].sum() == 3


def test_an_incomplete_window_is_never_good_but_bad_is_bad():
    after = [
        state("ana 0 0 0 no", "bo 0 0 0 no", "chen 60 60 0 no"),
        state("ana 0 0 0 no", "bo 0 0 0 no"),
        state("ana 0 59 0 no"),
    ]

    assert outcomes(after).sort("user_id").rows() == [("ana", False), ("bo", None), ("chen", True)]


def test_the_alerts_are_measured_beside_days_past_due_alone():
    # Both are behind: ana is riskier by score, bo by days past due; ana fails.
    begun = state("ana 1 1 9_000 no", "bo 5 5 1_000 no")

    found = figures(ana_fails_after(begun))

    assert found["lines"] == 2
    assert (found["bad"], found["alerts"]) == (1, 1)
    assert (found["precision"], found["recall"]) == (1.0, 1.0)
    assert (found["precision_by_dpd"], found["lift"]) == (0.0, None)


def test_among_equals_days_past_due_alone_finds_by_chance():
    begun = state("ana 0 0 9_000 no", "bo 0 0 1_000 no")

    found = figures(ana_fails_after(begun))

    assert (found["precision_by_dpd"], found["lift"]) == (0.5, 2.0)


@pytest.mark.parametrize(("changed", "expected"), [("no", 1.0), ("yes", None)])
def test_an_alert_that_changed_a_limit_is_left_out_of_its_own_precision(changed, expected):
    begun = state(f"ana 0 0 9_000 {changed}", "bo 0 0 1_000 no")

    assert figures(ana_fails_after(begun))["precision_limit_unchanged"] == expected


def test_the_lead_counts_from_the_first_of_an_unbroken_run_of_alerts():
    calm = quiet("ana", "bo")
    alert_bo = state("ana 0 0 1_000 no", "bo 0 0 9_000 no")
    fallen = state("ana 0 0 1_000 no", "bo 60 60 9_000 no")
    states = {
        month(1): calm,  # of equals ana, the first by name, is alerted
        month(2): alert_bo,
        month(3): alert_bo,
        month(4): fallen,
        month(5): fallen,
    }

    found = figures(states)

    assert (found["hits"], found["never_alerted"], found["lead_months"]) == (1, 0, {2: 1})


def test_who_falls_behind_without_an_alert_in_three_months_is_counted():
    calm = quiet("ana", "bo")
    fallen = state("ana 0 0 1_000 no", "bo 60 60 1_000 no")
    states = {month(1): calm, month(2): calm, month(3): calm, month(4): fallen}

    found = figures(states)

    assert (found["hits"], found["never_alerted"], found["lead_months"]) == (1, 1, {})


def test_without_a_complete_window_there_are_no_figures():
    assert figures({month(number): quiet("ana") for number in (1, 2, 3)}) is None
