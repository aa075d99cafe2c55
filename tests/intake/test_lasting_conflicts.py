"""A conflict that nobody settles lasts: every further copy of the event is refused as well."""

from datetime import date
from itertools import permutations

import polars as pl
import pytest

from tests.intake.lender import MAPPING

FIFTH = "e1 ana 2025-03-05 100"
OTHER = "e1 ana 2025-03-05 999"
NEXT = "e2 bo 2025-03-06 200"
UNSETTLED = MAPPING.format(on_conflict="quarantine").replace("allowed = 0", "allowed = 20")
GOOD = tuple(f"good{n} bo 2025-03-06 1" for n in range(20))
SAID = {"a": FIFTH, "b": OTHER, "c": FIFTH}


@pytest.fixture
def lender(lender_with):
    lender = lender_with()
    lender.map(UNSETTLED)
    return lender


def deliver(lender, names, *, at_once):
    lender.put("rest", *GOOD)
    for name in names:
        lender.put(name, SAID[name])
        if not at_once:
            lender.extract("2025-03", checked=True)
    if at_once:
        lender.extract("2025-03", checked=True)


@pytest.mark.parametrize("order", list(permutations("abc")), ids="".join)
@pytest.mark.parametrize("at_once", [True, False])
def test_leaves_nothing_of_the_id_however_deliveries_are_split_over_runs(lender, order, at_once):
    deliver(lender, order, at_once=at_once)

    assert [id_ for id_, *_ in lender.sales("2025-03") if id_ == "e1"] == []
    assert [lender.counts(name).get("loaded", 0) for name in "abc"] == [0, 0, 0]
    assert lender.record("rest")["loaded"] == len(GOOD)


@pytest.mark.parametrize("order", ["abc", "cba", "bac", "bca"])
def test_shows_every_line_where_the_conflict_is_older_than_a_copy(lender, order):
    deliver(lender, order, at_once=False)

    assert lender.refused("2025-03") == [(n, 1, "conflicting_event_id") for n in "abc"]


def test_takes_in_a_third_content_and_a_later_month(lender):
    deliver(lender, "abc", at_once=False)
    lender.put("d", "e1 ana 2025-04-05 55")
    lender.put("more", *(one.replace("-03-", "-04-").replace("good", "g") for one in GOOD))

    lender.extract("2025-04", checked=True)

    assert lender.counts("d") == {"quarantined": 1}
    assert "e1" not in {id_ for id_, *_ in lender.sales("2025-04")}


def test_is_over_once_a_file_is_corrected_and_its_copies_count_once(lender):
    deliver(lender, "abc", at_once=False)
    lender.put("b", NEXT)

    lender.extract("2025-03", checked=True)

    assert ("e1", "ana", 100) in lender.sales("2025-03")
    assert [lender.counts(name) for name in "abc"] == [
        {"loaded": 1},
        {"loaded": 1},
        {"duplicate": 1},
    ]
    assert lender.refused("2025-03") == []


def test_lasts_when_a_contender_is_gone_and_the_mapping_is_changed(lender):
    deliver(lender, "ab", at_once=False)
    lender.remove("b")
    lender.map(UNSETTLED.replace("purchase", "drawdown"))

    lender.extract("2025-03", checked=True)

    assert "e1" not in {id_ for id_, *_ in lender.sales("2025-03")}
    assert [lender.counts(name) for name in "ab"] == [{"quarantined": 1}] * 2


def test_is_settled_by_declaring_which_line_counts(lender):
    deliver(lender, "ab", at_once=False)
    lender.map(UNSETTLED.replace("quarantine", "last"))

    lender.extract("2025-03", checked=True)

    assert ("e1", "ana", 999) in lender.sales("2025-03")
    assert lender.refused("2025-03") == [("a", 1, "overruled_event_id")]


PERSONAL = UNSETTLED.replace(
    "[[file]]\n", '[[file]]\npersonal = ["id1", "id2", "user1", "user2"]\n'
)


def test_is_known_again_though_its_id_is_personal_and_masked(lender):
    lender.map(PERSONAL)

    deliver(lender, "abc", at_once=False)

    assert [lender.counts(name).get("loaded", 0) for name in "abc"] == [0, 0, 0]
    path, *_ = lender.chain.paths("quarantine", date(2025, 3, 1))
    assert pl.read_parquet(path)["found"].to_list() == ["x9", "x9", "x9"]


def test_is_known_again_by_every_event_of_its_line(lender):
    lender.put("rest", *GOOD)
    lender.put("a", f"{FIFTH};{NEXT}")
    lender.put("b", f"{OTHER};{NEXT.replace('200', '201')}")
    lender.extract("2025-03", checked=True)

    lender.put("c", FIFTH)
    lender.put("d", NEXT)
    lender.extract("2025-03", checked=True)

    assert [lender.counts(name) for name in "abcd"] == [{"quarantined": 1}] * 4
