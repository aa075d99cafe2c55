"""What users and officers instructed, reduced to what holds at the month's end."""

from datetime import date

import pytest
from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.facts.standing import STANDING, standing
from transforms.tables.logs import INSTRUCTIONS

SEPTEMBER = date(2026, 9, 1)
SHANGHAI = "Asia/Shanghai"


def of(text: str):
    return standing(filled(INSTRUCTIONS, text), SEPTEMBER, SHANGHAI).collect()


def test_of_two_instructions_about_one_thing_the_last_recorded_holds():
    given = """
        instruction_id | user_id | kind            | amount_cents | recorded_at | effective_from
        ---------------+---------+-----------------+--------------+-------------+---------------
        i1             | ana     | self_cap        |      500_000 | 2026-07-01  | 2026-07-01
        i2             | ana     | self_cap        |      800_000 | 2026-08-01  | 2026-08-01
        i3             | ana     | opt_out         |            - | 2026-08-02  | 2026-08-02
        i4             | bo      | self_cap        |      500_000 | 2026-07-01  | 2026-07-01
        i5             | bo      | self_cap_lifted |            - | 2026-08-01  | 2026-08-01
        i6             | bo      | hardship        |            - | 2026-08-01  | 2026-08-01
        i7             | chen    | override        |      900_000 | 2026-09-01  | 2026-09-01
        """

    found = of(given)

    then = filled(
        STANDING,
        """
        user_id | self_cap_cents | override_cents | override_id | opted_out | hardship
        --------+----------------+----------------+-------------+-----------+---------
        ana     |        800_000 |              - | -           | yes       | no
        bo      |              - |              - | -           | no        | yes
        chen    |              - |        900_000 | i7          | no        | no
        """,
    )
    assert_frame_equal(found, then.collect())


@pytest.mark.parametrize(
    ("recorded_at", "effective_from", "effective_to", "holds"),
    [
        ("2026-09-30T15:59", "2026-09-30", "-", True),
        ("2026-09-30T16:00", "2026-09-30", "-", False),  # midnight in Shanghai
        ("2026-09-01T00:00", "2026-10-01", "-", False),
        ("2026-09-01T00:00", "2026-09-01", "2026-09-29", False),
        ("2026-09-01T00:00", "2026-09-01", "2026-09-30", True),
    ],
)
def test_an_instruction_counts_if_recorded_before_the_decision_and_in_force_on_the_last_day(
    recorded_at, effective_from, effective_to, holds
):
    given = f"""
        instruction_id | user_id | kind    | recorded_at   | effective_from   | effective_to
        i1             | ana     | opt_out | {recorded_at} | {effective_from} | {effective_to}
        """

    assert (of(given).height == 1) is holds


@pytest.mark.parametrize(
    ("asked_on", "is_open"), [("2026-08-31", False), ("2026-09-01", True), ("2026-09-30", True)]
)
def test_a_review_suspends_for_thirty_days_at_most(asked_on, is_open):
    given = f"""
        instruction_id | user_id | kind             | recorded_at | effective_from
        i1             | ana     | review_requested | {asked_on}  | {asked_on}
        """

    assert of(given)["review_open"].item() is is_open


def test_a_closed_review_no_longer_suspends():
    given = """
        instruction_id | user_id | kind             | recorded_at | effective_from
        i1             | ana     | review_requested | 2026-09-10  | 2026-09-10
        i2             | ana     | review_closed    | 2026-09-20  | 2026-09-20
        """

    assert of(given)["review_open"].item() is False


def test_consent_is_for_the_dimension_it_names_and_can_be_withdrawn_for_all():
    given = """
        instruction_id | user_id | kind              | dimension | recorded_at | effective_from
        i1             | ana     | consent_given     | social    | 2026-08-01  | 2026-08-01
        i2             | bo      | consent_given     | spending  | 2026-08-01  | 2026-08-01
        i3             | chen    | consent_given     | social    | 2026-08-01  | 2026-08-01
        i4             | chen    | consent_withdrawn | -         | 2026-09-01  | 2026-09-01
        i5             | dai     | consent_given     | social    | 2026-08-01  | 2026-08-01
        i6             | dai     | consent_withdrawn | spending  | 2026-09-01  | 2026-09-01
        """

    found = dict(of(given).select("user_id", "consent_social").iter_rows())

    assert found == {"ana": True, "bo": False, "chen": False, "dai": True}


def test_a_user_without_instructions_has_no_row():
    assert of("user_id | kind").is_empty()
