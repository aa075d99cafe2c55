"""What was delivered twice counts once, and what contradicts itself is never settled in silence."""

import pytest

FIFTH = "e1 ana 2025-03-05 100"
OTHER = "e1 ana 2025-03-05 999"
NEXT = "e2 bo 2025-03-06 200"


def test_a_copy_within_a_file_is_counted_once(lender):
    lender.put("a", FIFTH, NEXT, FIFTH)

    lender.extract("2025-03")

    assert lender.sales("2025-03") == [("e1", "ana", 100), ("e2", "bo", 200)]
    assert lender.counts("a") == {"loaded": 2, "duplicate": 1}


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
        lender.put("a", FIFTH, *([] if together else []))
        if not together:
            lender.extract("2025-03")
        lender.put("b", OTHER)
        lender.put("rest", *rest)

        lender.extract("2025-03")

        assert [cents for id_, _, cents in lender.sales("2025-03") if id_ == "e1"] == kept
        assert [lender.counts("a"), lender.counts("b")] == counts
        assert {told for *_, told in lender.refused("2025-03")} == {reason}
        assert len(lender.refused("2025-03")) == sum(c.get("quarantined", 0) for c in counts)
