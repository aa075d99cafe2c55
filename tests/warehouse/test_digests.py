"""Digests: equal for what says the same, different for what does not."""

import hashlib
from datetime import UTC, date, datetime

import numpy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.store.digests import (
    canonical_json,
    content_digest,
    digest_of,
    file_sha256,
    inputs_id,
)

GOLDEN = pl.DataFrame(
    {
        "user_id": ["ana", None, "陈"],
        "limit_cents": [500_000, None, -1],
        "open": [True, False, None],
        "as_of": [date(1970, 1, 2), None, date(1969, 12, 31)],
        "kind": pl.Series(["b", None, "a"], dtype=pl.Enum(["a", "b"])),
        "reasons": [["A", "BC"], [], None],
    }
)
# The layout of `content_digest`, written out by hand: null bits, then values.
GOLDEN_BYTES = b"".join(
    [
        b"limitwise content 1\n" + (3).to_bytes(8, "little"),
        b'["user_id","string"]\n' + bytes([0b010]),
        bytes([3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]) + "ana陈".encode(),
        b'["limit_cents","int64"]\n' + bytes([0b010]),
        b"".join(n.to_bytes(8, "little", signed=True) for n in (500_000, 0, -1)),
        b'["open","bool"]\n' + bytes([0b100, 1, 0, 0]),
        b'["as_of","date"]\n' + bytes([0b010]),
        b"".join(n.to_bytes(4, "little", signed=True) for n in (1, 0, -1)),
        b'["kind",["enum",["a","b"]]]\n' + bytes([0b010, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        b'["reasons",["list","string"]]\n' + bytes([0b100, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        bytes([0b00, 1, 0, 0, 0, 2, 0, 0, 0]) + b"ABC",
    ]
)


def test_the_content_digest_is_the_sha256_of_the_layout_it_describes():
    assert content_digest(GOLDEN) == hashlib.sha256(GOLDEN_BYTES).hexdigest()


def test_the_golden_content_digest_never_changes():
    assert content_digest(GOLDEN) == (
        "e0a8e6d24f5435c8c6c2726449b3f41cb41ac9df4ac8139197ebf9bb0f70714e"
    )


NESTED = pl.List(pl.Struct({"feature": pl.String, "points": pl.Int32}))
SCHEMA = {
    "text": pl.String,
    "cents": pl.Int64,
    "ratio": pl.Float64,
    "flag": pl.Boolean,
    "day": pl.Date,
    "moment": pl.Datetime("us", "UTC"),
    "hash": pl.UInt64,
    "nested": NESTED,
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(),
            "cents": st.none() | st.integers(-(2**63), 2**63 - 1),
            "ratio": st.none() | st.floats(),
            "flag": st.none() | st.booleans(),
            "day": st.none() | st.dates(),
            "moment": st.none() | st.datetimes(timezones=st.just(UTC)),
            "hash": st.none() | st.integers(0, 2**64 - 1),
            "nested": st.none()
            | st.lists(
                st.none()
                | st.fixed_dictionaries(
                    {
                        "feature": st.none() | st.text(),
                        "points": st.none() | st.integers(-100, 100),
                    }
                )
            ),
        }
    )
)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.integers(0, 10))
def test_a_content_digest_does_not_depend_on_chunks_or_engine_or_file(rows, at):
    frame = pl.DataFrame(rows, schema=SCHEMA)
    chunked = pl.concat([frame[:at], frame[at:]], rechunk=False)
    sliced = pl.concat([frame, frame])[frame.height :]
    streamed = frame.lazy().with_row_index().sort("index").drop("index").collect(engine="streaming")

    digests = {content_digest(same) for same in (frame, chunked, sliced, streamed)}

    assert digests == {content_digest(frame)}


def test_a_content_digest_survives_every_encoding_of_a_file(tmp_path):
    for name, options in {"a": {"compression": "zstd"}, "b": {"row_group_size": 1}}.items():
        GOLDEN.write_parquet(tmp_path / name, **options)

    read = [pl.read_parquet(tmp_path / name) for name in ("a", "b")]

    assert {content_digest(frame) for frame in read} == {content_digest(GOLDEN)}


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ({"a": ["ab", "c"]}, {"a": ["a", "bc"]}, "texts are not run together"),
        ({"a": ["", None]}, {"a": [None, ""]}, "an empty text is not a null"),
        ({"a": [0, None]}, {"a": [None, 0]}, "zero is not a null"),
        ({"a": [1, 2]}, {"a": [2, 1]}, "the order of rows counts"),
        ({"a": [1], "b": [2]}, {"b": [2], "a": [1]}, "the order of columns counts"),
        ({"a": [1]}, {"b": [1]}, "the name counts"),
        ({"a": [1]}, {"a": [1.0]}, "the type counts"),
        ({"a": [[1], [2, 3]]}, {"a": [[1, 2], [3]]}, "lists are not run together"),
        ({"a": [[], None]}, {"a": [None, []]}, "an empty list is not a null"),
        ({"a": [[None], []]}, {"a": [[], [None]]}, "a null in a list is an element"),
        ({"a": [{"x": None}]}, {"a": [None]}, "a struct of nulls is not a null"),
        ({"a": [True, False]}, {"a": [1, 0]}, "a Boolean is not a number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_says_something_else_has_another_content_digest(one, other, because):
    types = {"a": pl.List(pl.Int64)} if "list" in because else None
    types = {"a": pl.Struct({"x": pl.Int64})} if "struct" in because else types

    first, second = (pl.DataFrame(rows, schema_overrides=types) for rows in (one, other))

    assert content_digest(first) != content_digest(second), because


def test_every_nan_is_one_nan_and_none_is_a_null():
    nan = pl.DataFrame({"a": [float("nan")]})
    other_nan = pl.DataFrame({"a": numpy.array([0xFFF8_0000_0000_0001], "<u8").view("<f8")})
    null = pl.DataFrame({"a": [None]}, schema={"a": pl.Float64})

    assert content_digest(nan) == content_digest(other_nan)
    assert content_digest(nan) != content_digest(null)


def test_a_type_without_a_layout_is_no_content():
    frame = pl.DataFrame({"a": ["x"]}, schema={"a": pl.Categorical})

    with pytest.raises(TypeError, match="no content digest"):
        content_digest(frame)


def test_canonical_json_is_one_text_for_one_value():
    one = {"b": (1, 2), "a": {"陈", "bo"}, "day": date(2026, 9, 30), "at": None}
    other = {"at": None, "day": date(2026, 9, 30), "a": {"bo", "陈"}, "b": [1, 2]}

    assert canonical_json(one) == canonical_json(other)
    assert canonical_json(one) == (b'{"a":["bo","\\u9648"],"at":null,"b":[1,2],"day":"2026-09-30"}')


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_json_does_not_know_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        canonical_json({"a": value})


def test_an_inputs_id_is_sixteen_digits_that_follow_every_part():
    parts = {"month": "2026-09", "reads": ["x"], "at": datetime(2026, 9, 1, tzinfo=UTC)}

    assert inputs_id(parts) == digest_of(parts)[:16]
    assert inputs_id(parts) != inputs_id(parts | {"reads": ["y"]})


def test_a_file_digest_is_that_of_its_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"limitwise")

    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"limitwise").hexdigest()
