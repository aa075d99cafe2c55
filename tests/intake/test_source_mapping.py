"""What a mapping may say, and what it then reads."""

from datetime import date

import pytest

from tests.intake.landing_folder import HEAD, LIMITS, SIDE_BY_SIDE, load, source
from transforms.errors import RefusedError
from transforms.mapping.path_pattern import PathPattern

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def test_an_account_without_a_day_in_its_path_must_say_when_it_is_true():
    mapping = HEAD + (
        '[[file]]\nname = "a"\npath = "a.csv"\nformat = "csv"\nevery = "once"\n'
        '[[file.account]]\nuser_id = "u"\nsegment = { is = "consumer" }\n'
    )

    with pytest.raises(
        RefusedError, match="an account of file 'a' lacks known_on, and the path names no"
    ):
        source(mapping)


@pytest.mark.parametrize(
    ("pattern", "path", "period"),
    [
        ("a/{month}.csv", "a/2026-10.csv", OCTOBER),
        ("a/{month}.csv", "a/2026-10.csv.gz", OCTOBER),
        ("a/{date}-*.csv", "a/2026-10-05-north.csv", (date(2026, 10, 5), date(2026, 10, 5))),
        ("{month}/*.csv", "2026-10/b.csv", OCTOBER),
        ("a.csv", "a.csv", None),
    ],
)
def test_a_path_names_its_period(pattern, path, period):
    assert PathPattern(pattern).matches(path)
    assert PathPattern(pattern).period(path) == period


@pytest.mark.parametrize(
    ("pattern", "path", "because"),
    [
        ("a/{month}.csv", "a/2026-13.csv", "there is no thirteenth month"),
        ("a/{date}.csv", "a/2026-02-30.csv", "there is no such day"),
        ("a/{date}.csv", "a/1026-10-05.csv", "the job's calendar starts in 1990"),
        ("a/*.csv", "a/b/c.csv", "a star does not cross folders"),
        ("a.csv", "axcsv", "a dot is a dot"),
        ("a/{month}.csv", "a/2026-10.csv\n", "a line feed is not the end"),
    ],
)
def test_another_path_does_not_match(pattern, path, because):
    assert not PathPattern(pattern).matches(path), because


def test_a_repeated_template_is_written_out_once_per_row(tmp_path):
    content = "ID,BILL1,BILL2,SECRET\n7,10,-2.50,1\n"

    figures, tables = load(tmp_path, "wide.csv", content, SIDE_BY_SIDE)

    assert tables["events"].select("event_id", "occurred_at", "amount_cents").rows() == [
        ("7/statement/2005-04", tables["events"]["occurred_at"][0], -250),
        ("7/statement/2005-05", tables["events"]["occurred_at"][1], 1000),
    ]
    assert [str(at) for at in tables["events"]["occurred_at"]] == [
        "2005-04-30 04:00:00+00:00",
        "2005-05-31 04:00:00+00:00",
    ]
    assert figures.dropped_fields == ["SECRET"]


ACCOUNTS_AND_INSTRUCTIONS = (
    HEAD
    + """
[[file]]
name = "accounts"
path = "accounts/{month}.csv"
format = "csv"
every = "month"

  [[file.account]]
  user_id = "user"
  segment = { column = "segment", codes = { P = "consumer", F = "micro_business" } }
  applied_on = "applied"
  stated_income_cents = { column = "income", unit = "main" }

[[file]]
name = "instructions"
path = "instructions/{month}.jsonl"
format = "jsonl"
every = "month"

  [[file.instruction]]
  instruction_id = "id"
  user_id = "user"
  kind = "kind"
  dimension = "dimension"
  recorded_at = "at"
  effective_from = "from"
  effective_to = "to"
"""
)


def test_an_account_is_true_of_its_months_last_day_unless_mapped(tmp_path):
    content = "user,segment,applied,income\nana,P,2025-03-02,8000\nbo,F,,\nchen,X,,\ndai,P,,-1\n"

    figures, tables = load(tmp_path, "accounts/2026-10.csv", content, ACCOUNTS_AND_INSTRUCTIONS)

    then = tables["accounts"].select(
        "user_id", "segment", "applied_on", "stated_income_cents", "known_on", "source_line"
    )
    assert then.rows() == [
        ("ana", "consumer", date(2025, 3, 2), 800_000, date(2026, 10, 31), 2),
        ("bo", "micro_business", None, None, date(2026, 10, 31), 3),
    ]
    assert tables["quarantine"].select("column", "reason", "found").rows() == [
        ("segment", "unknown_code", "X"),
        ("income", "negative_amount", "-1"),
    ]
    assert (figures.accounts, figures.events) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "dimension", "to", "reason"),
    [
        ("consent_given", '"social"', "null", None),
        ("opt_out", "null", '"2026-12-31"', None),
        ("consent_given", "null", "null", "missing"),
        ("consent_given", '"astrology"', "null", "unknown_code"),
        ("opted_out", "null", "null", "unknown_code"),
        ("opt_out", "null", '"2026-09-30"', "out_of_range"),
    ],
)
def test_an_instruction_is_whole_or_refused(tmp_path, kind, dimension, to, reason):
    content = (
        f'{{"id":"i1","user":"ana","kind":"{kind}","dimension":{dimension},'
        f'"at":"2026-10-05T08:00:00Z","from":"2026-10-06","to":{to}}}\n'
    )

    _, tables = load(tmp_path, "instructions/2026-10.jsonl", content, ACCOUNTS_AND_INSTRUCTIONS)

    assert tables["quarantine"]["reason"].to_list() == ([reason] if reason else [])
    assert tables["instructions"].height == (0 if reason else 1)


def test_the_shipped_limits_example_reads():
    assert source(LIMITS).files[0].fields == ("user", "date", "limit")
