"""Who is trained on, and what became of them."""

from datetime import date

import polars as pl

from tests.tables import table
from transforms.deciding.lines import LINES
from transforms.months import last_day, months_after
from transforms.scoring.outcomes import HORIZON_MONTHS, outcomes, population
from transforms.tables.facts import CREDIT_MONTHS

SEPTEMBER = date(2026, 9, 1)
ANA = pl.LazyFrame({"user_id": ["ana"], "segment": ["consumer"], "region": ["hills"]})


def became(*worst: int | None, end: int | None = None, **others) -> str:
    """Return the outcome of ana, whose months had these most days past due."""
    rows = [
        {
            "as_of": last_day(months_after(SEPTEMBER, ahead)),
            "user_id": "ana",
            "dpd_max_days": days,
            "dpd_end_days": days if end is None else end,
            "charged_off": False,
            **others,
        }
        for ahead, days in enumerate(worst, start=1)
    ]
    schema = {name: CREDIT_MONTHS.schema[name] for name in rows[0]} if rows else None
    after = pl.LazyFrame(rows, schema=schema or CREDIT_MONTHS.schema)
    return outcomes(ANA, after).collect()["outcome"].item()


def test_only_open_lines_in_order_and_with_some_months_on_book_are_trained_on():
    lines = table(
        """
        user_id | segment  | region | line_status_before | dpd_end_days | months_on_book
        ana     | consumer | hills  | open               | 29           | 3
        bo      | consumer | hills  | open               | 30           | 3
        chen    | consumer | hills  | open               | 0            | 2
        dai     | consumer | hills  | frozen             | 0            | 9
        eve     | consumer | hills  | open               | -            | 9
        """,
        **LINES.schema,
    )

    assert population(lines).collect().rows() == [("ana", "consumer", "hills")]


def test_twelve_months_without_30_days_are_good():
    assert became(*[0] * 11, 29) == "good"


def test_90_days_at_a_months_end_are_bad_even_before_the_window_is_complete():
    assert became(0, 90) == "bad"


def test_90_days_within_a_month_that_ended_better_are_not_bad():
    assert became(*[0] * 11, 95, end=0) == "indeterminate"


def test_a_written_off_debt_is_bad():
    assert became(0, charged_off=True) == "bad"


def test_30_to_89_days_are_neither():
    assert became(*[0] * 11, 30) == "indeterminate"


def test_a_month_of_which_nothing_is_known_is_never_good():
    assert became(*[0] * (HORIZON_MONTHS - 1)) == "incomplete"
    assert became(*[0] * (HORIZON_MONTHS - 1), None) == "incomplete"
    assert became() == "incomplete"
