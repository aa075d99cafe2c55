"""Event ids that occur more than once."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables import filled
from transforms.mapping.duplicates import split_duplicates
from transforms.tables.logs import EVENTS

# The file of the fifth has the larger id: order is by path, not by id.
PATHS = {"ff": "behaviour/2026-10-05.jsonl", "aa": "behaviour/2026-10-06.jsonl"}


def events(text):
    return filled(EVENTS, text).collect()


def places(frame):
    return frame.select("event_id", "file_id", "source_line").rows()


def test_a_copy_is_a_duplicate_and_the_earlier_file_keeps_it():
    given = events(
        """
        event_id | user_id | amount_cents | source | file_id | source_line
        e1       | ana     |          100 | shop   | aa      | 1
        e2       | bo      |          200 | shop   | aa      | 2
        e1       | ana     |          100 | shop   | ff      | 9
        e1       | ana     |          100 | shop   | ff      | 8
        e1       | chen    |          300 | bank   | aa      | 3
        """
    )

    kept, copies, conflicts = split_duplicates(given, "quarantine", PATHS)

    assert places(kept) == [("e2", "aa", 2), ("e1", "ff", 8), ("e1", "aa", 3)]
    assert places(copies) == [("e1", "ff", 9), ("e1", "aa", 1)]
    assert conflicts.is_empty()


@pytest.mark.parametrize(
    ("rule", "kept", "copies", "conflicting"),
    [
        ("first", [("ff", 1)], [("ff", 3)], [("ff", 2), ("aa", 1)]),
        ("last", [("aa", 1)], [], [("ff", 1), ("ff", 2), ("ff", 3)]),
        ("quarantine", [], [], [("ff", 1), ("ff", 2), ("ff", 3), ("aa", 1)]),
    ],
)
def test_a_conflict_goes_by_the_declared_rule(rule, kept, copies, conflicting):
    given = events(
        """
        event_id | user_id | amount_cents | source | file_id | source_line
        e1       | ana     |          300 | shop   | aa      | 1
        e1       | ana     |          100 | shop   | ff      | 1
        e1       | ana     |            - | shop   | ff      | 2
        e1       | ana     |          100 | shop   | ff      | 3
        """
    )

    parts = split_duplicates(given, rule, PATHS)

    found = [part.select("file_id", "source_line").rows() for part in parts]
    assert found == [kept, copies, conflicting]


UNTIMED = settings(deadline=None)  # a busy machine is no fault
ROWS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from([None, 1, 2]), st.sampled_from(["ff", "aa"])),
    max_size=12,
)


@UNTIMED
@given(ROWS, st.sampled_from(["first", "last", "quarantine"]), st.randoms())
def test_every_row_is_in_one_part_and_order_does_not_matter(rows, rule, random):
    given = pl.DataFrame(
        {
            "source": ["shop"] * len(rows),
            "event_id": [row[0] for row in rows],
            "amount_cents": [row[1] for row in rows],
            "file_id": [row[2] for row in rows],
            "source_line": list(range(1, len(rows) + 1)),
        },
        schema={
            name: EVENTS.schema[name]
            for name in ("source", "event_id", "amount_cents", "file_id", "source_line")
        },
    )
    shuffled = given[random.sample(range(len(rows)), len(rows))]

    parts = split_duplicates(given, rule, PATHS)

    assert sorted(pl.concat(parts)["source_line"]) == list(range(1, len(rows) + 1))
    assert parts[0]["event_id"].is_unique().all()
    for part, other in zip(parts, split_duplicates(shuffled, rule, PATHS), strict=True):
        assert part.sort("source_line").equals(other.sort("source_line"))
