"""Rows as a person or a program reads them."""

import csv
import io
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from transforms.errors import RefusedError
from warehouse.printing import FORMATS, print_rows, text_table

ROWS = pl.DataFrame(
    {
        "user_id": ["ana", "bo\n\x1b[31m", "陈"],
        "limit_cents": [9_007_199_254_740_993, None, -5],
        "ratio": [0.1, float("nan"), None],
        "open": [True, False, None],
        "as_of": [date(2026, 9, 30), None, None],
        "at": [datetime(2026, 9, 30, 8, tzinfo=UTC), None, None],
        "reasons": [["A", "B"], [], None],
        "lost": [[{"feature": "x", "points": 3}], [], None],
        "total": [Decimal(2**70), None, Decimal(1)],
    },
    schema_overrides={"total": pl.Decimal(38, 0)},
)


def printed(rows, form):
    out = io.BytesIO()
    print_rows(rows, form, out)
    return out.getvalue()


def test_json_keeps_names_types_and_every_digit():
    first, second, third = json.loads(printed(ROWS, "json"))

    assert first == {
        "user_id": "ana",
        "limit_cents": 9_007_199_254_740_993,
        "ratio": 0.1,
        "open": True,
        "as_of": "2026-09-30",
        "at": "2026-09-30T08:00:00+00:00",
        "reasons": ["A", "B"],
        "lost": [{"feature": "x", "points": 3}],
        "total": 2**70,
    }
    assert (second["user_id"], second["limit_cents"], second["ratio"]) == (
        "bo\n\x1b[31m",
        None,
        None,
    )
    assert third["user_id"] == "陈"


def test_json_is_one_row_a_line():
    assert printed(pl.DataFrame({"a": [1, 2]}), "json") == b'[\n{"a": 1},\n{"a": 2}\n]\n'


def test_csv_is_read_back_as_it_was():
    header, first, second, _ = csv.reader(io.StringIO(printed(ROWS, "csv").decode(), newline=""))

    assert header == ROWS.columns
    assert first == [
        "ana",
        "9007199254740993",
        "0.1",
        "true",
        "2026-09-30",
        "2026-09-30T08:00:00+00:00",
        "A, B",
        '[{"feature": "x", "points": 3}]',
        str(2**70),
    ]
    assert second == ["bo\n\x1b[31m", "", "", "false", "", "", "", "", ""]


def test_a_table_is_aligned_and_shows_what_cannot_be_printed_as_its_escape():
    rows = ROWS.select("user_id", "limit_cents", "reasons")

    assert printed(rows, "table").decode() == (
        "user_id            limit_cents  reasons\n"
        "------------  ----------------  -------\n"
        "ana           9007199254740993  A, B\n"
        "bo\\n\\x1b[31m                 -\n"
        "陈                          -5  -\n"
    )


def test_a_cell_too_long_for_a_table_is_cut_there_and_nowhere_else():
    rows = pl.DataFrame({"user_id": ["x" * 10_000]})

    assert printed(rows, "table").decode().splitlines()[2] == "x" * 59 + "…"
    assert len(json.loads(printed(rows, "json"))[0]["user_id"]) == 10_000


def test_parquet_is_read_back_as_it_was():
    assert pl.read_parquet(io.BytesIO(printed(ROWS, "parquet"))).equals(ROWS, null_equal=True)


@pytest.mark.parametrize(
    ("form", "expected"), [("table", b"a\n-\n"), ("csv", b"a\n"), ("json", b"[]\n")]
)
def test_no_rows_are_still_an_answer(form, expected):
    assert printed(pl.DataFrame({"a": []}, schema={"a": pl.Int64}), form) == expected


def test_every_format_is_printed():
    assert all(printed(ROWS, form) for form in FORMATS)


def test_a_text_table_without_rows_is_its_header():
    assert text_table(["month", "n"], [], right=["n"]) == "month  n\n-----  -"


def test_parquet_does_not_go_to_a_terminal():
    ours, terminal = os.openpty()

    with os.fdopen(terminal, "wb", buffering=0) as out, pytest.raises(RefusedError, match="a file"):
        print_rows(ROWS, "parquet", out)

    os.close(ours)
