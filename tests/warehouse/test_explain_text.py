"""The page on which a person reads why a limit is what it is."""

import re
from datetime import date

import pytest

from transforms.tables.decided import ACTIONS
from transforms.telling.explanations import Explanation, ReasonText
from warehouse.answers.explain_text import explained_text


def page(action: str, language: str, way_back: str = "", mode: str = "live") -> str:
    row = {"month": "2026-09", "limit_cents": 1_200_000, "action": action, "mode": mode}
    said = Explanation(
        headline="",
        price="",
        reasons=(ReasonText(code="x", says="...", way_back=way_back),),
        payments="",
        points_lost=(),
        notes=(),
        next_review="",
    )
    history = [row | {"taken_up": None, "reasons": []}]
    return explained_text("ana", date(2026, 9, 1), history, said, "CNY", language)


@pytest.mark.parametrize(
    ("action", "is_asked"), [("raise", False), ("grant", False), ("hold", True), ("lower", True)]
)
def test_nobody_is_told_that_nothing_changes_what_was_wished_for(action, is_asked):
    assert ("Nothing that you could do" in page(action, "en")) is is_asked


def test_a_way_back_is_told_whatever_was_decided():
    assert "What would have to change:\n  - Wait." in page("grant", "en", "Wait.")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_chinese_page_has_no_english_word(action):
    told = page(action, "zh", mode="indicative")

    assert not re.search("[A-Za-z:(]", told.replace("ana", ""))
