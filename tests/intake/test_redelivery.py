"""What was delivered twice counts once, and what contradicts itself is never settled in silence."""

import json

import pytest

from tests.intake.lender import MAPPING
from transforms.errors import RefusedError
from warehouse.intake.quarantine import quarantined

FIFTH = "e1 ana 2025-03-05 100"
OTHER = "e1 ana 2025-03-05 999"
NEXT = "e2 bo 2025-03-06 200"


def test_a_copy_within_a_file_is_counted_once(lender):
    lender.put("a", FIFTH, NEXT, FIFTH)

    lender.extract("2025-03")

    assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
    assert lender.counts("a") == {"loaded": 2, "duplicate": 1}


def test_a_file_read_again_for_a_later_month_still_leaves_out_the_copies_of_the_first(lender):
    lender.put("a", FIFTH, NEXT, FIFTH, "e3 bo 2025-04-02 300")
    lender.extract("2025-03")

    lender.extract("2025-04")

    record = lender.record("a")
    assert (record["stored_events"], record["stored_cents"]) == (3, 600)
    assert lender.counts("a") == {"loaded": 3, "duplicate": 1}


def test_a_file_delivered_twice_in_one_extraction_is_counted_once(lender):
    lender.put("a", FIFTH, NEXT)
    lender.put("b", FIFTH, NEXT)

    lender.extract("2025-03")

    assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
    assert lender.counts("a") == {"loaded": 2}
    assert lender.counts("b") == {"duplicate": 2}


@pytest.mark.parametrize("name", ["b", "A"])
def test_a_file_delivered_again_under_another_name_next_month_is_counted_once(lender, name):
    lender.put("a", FIFTH, NEXT)
    lender.extract("2025-03")
    lender.put(name, FIFTH, NEXT, "e3 bo 2025-04-02 300")

    lender.extract("2025-04")

    assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
    assert lender.sales("2025-04") == [("e3", "bo", 300)]
    together = [lender.counts("a"), lender.counts(name)]
    assert sum(counts.get("loaded", 0) for counts in together) == 3
    assert sum(counts.get("duplicate", 0) for counts in together) == 2


def test_a_file_delivered_again_after_its_months_can_no_longer_be_revised_is_counted_once(lender):
    lender.put("a", FIFTH, NEXT)
    lender.extract("2025-03")
    lender.extract("2025-04")
    lender.decide("2025-04")
    for month in ("2025-05", "2025-06", "2025-07", "2025-08"):
        lender.extract(month)
    lender.put("b", FIFTH, NEXT, "e3 bo 2025-09-02 300")

    lender.extract("2025-09")

    assert lender.sales("2025-09") == [("e3", "bo", 300)]
    assert lender.counts("b") == {"loaded": 1, "duplicate": 2}


def test_a_late_event_booked_in_a_later_month_is_known_when_it_comes_again(lender):
    lender.put("a", "e0 bo 2025-01-06 50")
    for month in ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05"):
        lender.extract(month)
    lender.decide("2025-05")
    lender.put("b", "late ana 2025-01-05 100")
    lender.extract("2025-06")
    lender.put("c", "late ana 2025-01-05 100")

    lender.extract("2025-07")

    assert lender.sales("2025-06") == [("late", "ana", 100)]
    assert lender.sales("2025-07") == []
    assert lender.counts("c") == {"duplicate": 1}


class TestTheSameIdWithAnotherContent:
    @pytest.mark.parametrize(
        ("rule", "kept", "counts", "reason"),
        [
            ("quarantine", [], [{"quarantined": 1}, {"quarantined": 1}], "conflicting_event_id"),
            ("first", [100], [{"loaded": 1}, {"quarantined": 1}], "overruled_event_id"),
            ("last", [999], [{"quarantined": 1}, {"loaded": 1}], "overruled_event_id"),
        ],
    )
    @pytest.mark.parametrize("together", [True, False])
    def test_goes_by_the_declared_rule_in_one_extraction_as_in_two(
        self, lender_with, rule, kept, counts, reason, together
    ):
        lender = lender_with(on_conflict=rule)
        rest = [f"x{n} bo 2025-03-06 1" for n in range(200)]
        lender.put("a", FIFTH)
        if not together:
            lender.extract("2025-03")
        lender.put("b", OTHER)
        lender.put("rest", *rest)

        lender.extract("2025-03")

        assert [cents for id_, _, cents in lender.sales("2025-03") if id_ == "e1"] == kept
        assert [lender.counts("a"), lender.counts("b")] == counts
        assert {told for *_, told in lender.refused("2025-03")} == {reason}
        assert len(lender.refused("2025-03")) == sum(c.get("quarantined", 0) for c in counts)

    @pytest.mark.parametrize(
        ("rule", "loser", "winner", "cents"), [("first", "b", "a", 999), ("last", "a", "b", 100)]
    )
    @pytest.mark.parametrize("together", [True, False])
    def test_shows_what_the_loser_said_and_which_line_counts(
        self, lender_with, rule, loser, winner, cents, together
    ):
        lender = lender_with(on_conflict=rule)
        lender.put("a", NEXT, FIFTH)
        if not together:
            lender.extract("2025-03")
        lender.put("b", OTHER)

        lender.extract("2025-03")

        (row,) = quarantined(lender.lake)["examples"]
        line = {"a": 2, "b": 1}
        assert (row["file_path"], row["source_line"]) == (f"sales/{loser}.jsonl", line[loser])
        assert row["found"] == f"e1 (counts: sales/{winner}.jsonl line {line[winner]})"
        assert json.loads(row["raw_line"]) == {
            "event_id": "e1",
            "user_id": "ana",
            "occurred_at": "2025-03-04 16:00:00+00:00",
            "event_type": "purchase",
            "amount_cents": str(cents),
        }

    def test_of_which_neither_counts_shows_both(self, lender):
        lender.put("a", FIFTH, *(f"good{n} ana 2025-03-05 1" for n in range(198)))
        lender.put("b", OTHER)

        lender.extract("2025-03")

        rows = quarantined(lender.lake)["examples"]
        assert [row["found"] for row in rows] == ["e1", "e1"]
        assert [json.loads(row["raw_line"])["amount_cents"] for row in rows] == ["100", "999"]

    def test_masks_what_was_read_from_personal_fields(self, lender_with):
        lender = lender_with(on_conflict="first")
        lender.map(
            MAPPING.format(on_conflict="first").replace(
                "every =", 'personal = ["user1", "user2"]\nevery ='
            )
        )
        lender.put("a", FIFTH)
        lender.put("b", OTHER)

        lender.extract("2025-03")

        (row,) = quarantined(lender.lake)["examples"]
        assert json.loads(row["raw_line"])["user_id"] == "xxx"

    @pytest.mark.parametrize(("rule", "march", "april"), [("first", 1, 0), ("last", 0, 1)])
    def test_is_found_in_another_month_and_that_month_is_written_anew(
        self, lender_with, rule, march, april
    ):
        lender = lender_with(on_conflict=rule)
        lender.put("a", FIFTH, NEXT)
        lender.extract("2025-03")
        lender.put("b", "e1 ana 2025-04-05 999")

        lender.extract("2025-04")

        assert sum(id_ == "e1" for id_, *_ in lender.sales("2025-03")) == march
        assert sum(id_ == "e1" for id_, *_ in lender.sales("2025-04")) == april
        assert lender.record("a")["overruled"] + lender.record("b")["overruled"] == 1

    def test_what_was_overruled_is_no_bad_line(self, lender_with):
        lender = lender_with(on_conflict="last")
        lender.put("a", *(f"e{n} ana 2025-03-05 1" for n in range(50)))
        lender.put("b", *(f"e{n} ana 2025-03-05 2" for n in range(50)))

        lender.extract("2025-03", checked=True)

        assert lender.counts("a") == {"quarantined": 50}
        assert {cents for *_, cents in lender.sales("2025-03")} == {2}

    def test_that_nobody_settles_stops_the_run_above_the_share_of_bad_lines(self, lender):
        lender.put("a", FIFTH)
        lender.put("b", OTHER)

        with pytest.raises(RefusedError) as refused:
            lender.extract("2025-03")

        assert str(refused.value).startswith(
            "Source shop, files sales: 2 of 2 lines are bad (100.00 %, allowed are 1.00 %). The "
            "first: sales/a.jsonl line 1 column event_id: conflicting_event_id ('"
        )

    def test_of_a_month_that_stands_is_overruled_by_it(self, lender_with):
        lender = lender_with(on_conflict="last")
        lender.put("a", FIFTH, NEXT)
        for month in ("2025-03", "2025-04", "2025-05", "2025-06", "2025-07"):
            lender.extract(month)
        lender.decide("2025-07")
        stood = lender.files("2025-03")
        lender.put("b", OTHER)

        lender.extract("2025-08")

        assert lender.files("2025-03") == stood
        assert lender.sales("2025-08") == []
        assert lender.refused("2025-08") == [("b", 1, "overruled_event_id")]


class TestLinesOfTwoEvents:
    """A line counts whole or not at all."""

    def test_a_line_is_a_duplicate_only_if_both_its_events_are_copies(self, lender):
        lender.put("a", FIFTH)
        lender.put("b", f"{FIFTH};{NEXT}", f"{FIFTH};{NEXT}")

        lender.extract("2025-03")

        assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
        assert lender.counts("b") == {"loaded": 1, "duplicate": 1}

    def test_a_refused_line_takes_its_other_event_along_but_not_the_copy_of_it_elsewhere(
        self, lender_with
    ):
        lender = lender_with(on_conflict="first")
        lender.put("a", FIFTH)
        lender.put("b", f"{OTHER};{NEXT}")
        lender.put("c", NEXT)

        lender.extract("2025-03")

        assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
        assert [lender.counts(name) for name in "abc"] == [
            {"loaded": 1},
            {"quarantined": 1},
            {"loaded": 1},
        ]

    def test_a_line_that_is_refused_for_its_other_event_counts_for_neither(self, lender_with):
        lender = lender_with(on_conflict="first")
        lender.put("a", FIFTH)
        lender.put("b", f"{OTHER};{NEXT}")
        lender.put("c", NEXT.replace("200", "201"))

        lender.extract("2025-03")

        rows = quarantined(lender.lake)["examples"]
        assert [row["found"] for row in rows] == ["e1 (counts: sales/a.jsonl line 1)", "e2"]

    def test_a_line_over_two_months_is_refused_in_both(self, lender_with):
        lender = lender_with(on_conflict="last")
        lender.put("a", f"{FIFTH};e4 ana 2025-02-05 400", NEXT)
        lender.extract("2025-03")
        lender.put("b", OTHER)

        lender.extract("2025-03", checked=True)

        assert lender.sales("2025-02") == []
        assert lender.sales("2025-03") == [("e1", "ana", 999), ("e2", "bo", 200)]
        assert lender.counts("a") == {"loaded": 1, "quarantined": 1}


class TestFilesReadAgainForLaterMonths:
    def test_lines_that_were_copies_before_are_counted_once_more_and_no_more(self, lender):
        lender.put("a", FIFTH, FIFTH, "e5 bo 2025-04-05 500", "e5 bo 2025-04-05 500")
        lender.extract("2025-03")
        first = lender.counts("a")

        lender.extract("2025-04")

        assert first == {"loaded": 3, "duplicate": 1}
        assert lender.counts("a") == {"loaded": 2, "duplicate": 2}

    def test_a_wide_file_delivered_twice_has_each_line_as_one_copy(self, lender):
        wide = [f"m{n} ana 2025-03-05 1;a{n} ana 2025-04-05 1" for n in range(3)]
        lender.put("a", *wide)
        lender.put("b", *wide)

        for month in ("2025-03", "2025-04"):
            lender.extract(month)
            assert lender.counts("a") == {"loaded": 3}
            assert lender.counts("b") == {"duplicate": 3}
