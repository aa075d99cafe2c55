"""A plan as a person reads it."""

import re
from datetime import date

import pytest

from warehouse.answers.plans_shown import plan_shown
from warehouse.answers.plans_text import plans_text

ROW = {
    "place": 1,
    "plan": "use",
    "months": 3,
    "limit_before_cents": 1_070_000,
    "limit_cents": 1_390_000,
    "repay_cents": [70_100, 0, 0],
    "draw_cents": [107_000, 107_000, 0],
}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "2026-10: repay CNY 701, draw CNY 1,070",
                "2026-11: repay CNY 0 at least, and new drawdowns as they fall due; draw CNY 1,070",
                "2026-12: repay CNY 0 at least, and new drawdowns as they fall due; draw CNY 0",
            ],
        ),
        (
            "zh",
            [
                "2026-10：还款701元，用款1,070元",
                "2026-11：至少还款0元，新用款到期时一并还清；用款1,070元",
                "2026-12：至少还款0元，新用款到期时一并还清；用款0元",
            ],
        ),
    ],
)
def test_what_is_drawn_under_a_plan_is_to_be_repaid_though_its_dues_are_not_foreseen(
    language, told
):
    assert plan_shown(ROW, date(2026, 9, 1), "CNY", language)["each_month"] == told


@pytest.mark.parametrize("plans", [[ROW], []])
def test_a_chinese_page_has_no_english_word(plans):
    found = {
        "user_id": "",
        "month": "2026-09",
        "limit": "",
        "plans": [plan_shown(row, date(2026, 9, 1), "CNY", "zh") for row in plans],
        "may_rise": False,
        "notes": [],
        "blocked_by": [],
    }

    assert not re.search("[A-Za-z:;]", plans_text(found, "zh"))
