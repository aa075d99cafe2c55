"""Data Docs need no network, hold no clock and say how severe each promise is."""

import re

import pytest

from expectations.checks import check_tables
from expectations.rule import Rules
from tests.expectations.test_checks import CAPS, GOOD, rule
from tests.expectations.worlds import written

LOADS = re.compile(r"<script|<link|<img|@import|src=|url\(", re.IGNORECASE)


@pytest.fixture
def pages(tmp_path):
    rules = Rules(
        (
            rule(severity="warning"),
            rule(name="wrong", sql="SELECT nothing AS item FROM caps", reads=("caps",)),
            rule(name="later", reads=("last_month",)),
        ),
        {"most_cents": 150, "last_month": None},
    )
    check_tables({CAPS: [written(tmp_path, "caps", GOOD)]}, rules, str(tmp_path / "a" / "docs"))
    return {path.name: path.read_text("utf-8") for path in (tmp_path / "a" / "docs").iterdir()}


def test_each_table_has_a_page_and_the_rules_have_one(pages):
    assert sorted(pages) == ["caps.html", "index.html", "rules.html"]


def test_pages_load_nothing(pages):
    assert [name for name, page in pages.items() if LOADS.search(page)] == []


def test_links_lead_to_pages_that_exist(pages):
    links = {link for page in pages.values() for link in re.findall(r'href="([^"#]+)"', page)}

    assert links <= pages.keys()


def test_a_page_shows_promise_and_severity(pages):
    assert "critical: user_id is never null." in pages["caps.html"]
    assert "warning: No cap is above the most." in pages["rules.html"]


def test_a_page_names_no_path_and_no_trace(pages):
    assert "Traceback" not in pages["rules.html"]
    assert "site-packages" not in "".join(pages.values())


def test_the_index_says_what_failed_and_what_was_not_evaluated(pages):
    assert "Nothing may be published" in pages["index.html"]
    assert "1 users above the most; the worst bo: 200 cents" in pages["index.html"]
    assert "<code>later</code>: last_month does not exist yet" in pages["index.html"]


def test_equal_data_gives_equal_pages(tmp_path):
    path = written(tmp_path, "caps", GOOD)
    for name in ("first", "second"):
        check_tables({CAPS: [path]}, Rules((rule(),), {"most_cents": 300}), str(tmp_path / name))

    for page in (tmp_path / "first").iterdir():
        assert page.read_bytes() == (tmp_path / "second" / page.name).read_bytes()
