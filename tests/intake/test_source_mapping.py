"""What a mapping may say, and how an error in it is named."""

from datetime import date

import pytest

from tests.intake.landing_folder import BEHAVIOUR, HEAD, LIMITS, load, source
from transforms.errors import RefusedError
from transforms.mapping.path_pattern import PathPattern

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('"live"', '"life"', "line 3: mode is 'life'. Did you mean 'live'?"),
        ('"shop"', '"shops"', "line 2: source is 'shops'. Write 'shop'."),
        ("credit_from", "credits_from", "unknown key 'credits_from' in the file. Did you mean"),
        ('"jsonl"', '"json"', "line 9: format is 'json'. Did you mean 'jsonl'?"),
        ('"day"', '"month"', "line 10: every is 'month', but the path has no {month}. Add it."),
        ("{date}", "../{date}", "line 8: path 'behaviour/../{date}.jsonl' has an empty or a dot"),
        ("{date}", "{day}", "line 8: path 'behaviour/{day}.jsonl' has an unknown placeholder."),
        ('path = "', 'path = "/', "line 8: path '/behaviour/{date}.jsonl' is not a path below"),
        (
            "  event_id =",
            "  event_ids =",
            "events has no column 'event_ids'. Did you mean 'event_id'",
        ),
        ('  user_id = "user"\n', "", "line 12: the event lacks user_id. Map it."),
        ('"purchase"', '"purchases"', "event_type has no 'purchases'. Did you mean 'purchase'?"),
        ('unit = "main"', 'unit = "yuan"', "unit of amount_cents is 'yuan'. Write main or cents."),
        (', unit = "main"', "", "line 17: unit of amount_cents is None. Write main or cents."),
        ('unit = "main"', 'units = "main"', "unknown key 'units' in file.0.event.0.amount_cents."),
        ('"at"', '{ column = "at", zone = "Asia/Beijing" }', "line 15: zone is 'Asia/Beijing'."),
        (
            '"at"',
            '{ column = "at", format = "%Y-%m-%d" }',
            "line 15: format of occurred_at has no zone.",
        ),
        ('"at"', '{ column = "at", format = "%H:%M" }', "format '%H:%M' does not tell a day."),
        ('"at"', '{ column = "at", format = "%d.%m %Q" }', "'%d.%m %Q' does not tell a day."),
        ('"at"', '{ column = "at", format = "%Y-%m-%d %S.%f" }', "Write %S%.f for 56.123 seconds."),
        (
            '"at"',
            '{ column = "at", format = "%Y", formats = ["%Y"] }',
            "format and formats together. Put all into formats.",
        ),
        (
            '"at"',
            '{ column = "at", months_from = 2020 }',
            "months_from is '2020'. Write the month of number 0, such as \"2020-01\".",
        ),
        (
            '"at"',
            '{ column = "at", months_from = "2020-01" }',
            "months_from of occurred_at has no zone. Add zone = 'Asia/Shanghai'.",
        ),
        (
            '"at"',
            '{ column = "at", days_from = 2020-01-01, format = "%Y" }',
            "days_from and format together. Keep one of them.",
        ),
        (
            '"at"',
            '{ column = "at", seconds_from = 1970-01-01 }',
            "seconds_from is '1970-01-01'. Write the time of number 0, such as 1970-01-01T00:00",
        ),
        (
            '"at"',
            '{ column = "at", seconds_from = 1970-01-01T00:00:00Z, zone = "UTC" }',
            "seconds_from has its zone in itself. Leave at and zone out.",
        ),
        ('"at"', '{ column = "at", at = 12:00:00 }', "at is for months_from and days_from."),
        ('unit = "main"', 'unit = "main", round = "up"', "round of amount_cents is 'up'. Allowed:"),
        ('unit = "main"', 'unit = "main", round = "half_evn"', "Did you mean 'half_even'?"),
        (
            'unit = "main"',
            'unit = "main", sign = "-"',
            "sign of amount_cents is '-'. Did you mean '-1'?",
        ),
        ('unit = "main"', 'unit = "main", thousands = "."', "are both '.'. Write decimal = ','"),
        (
            'column = "amount", unit',
            'product = ["a"], unit',
            "product is ['a']. Write the names of",
        ),
        (
            '"channel"',
            '{ product = ["a", "b"] }',
            "channel cannot be a product. Only amounts can.",
        ),
        (
            '"channel"',
            '{ column = "c", codes = { file = "behavior", key = "k", value = "v" } }',
            "line 19: no [[file]] has the name 'behavior'. Did you mean 'behaviour'?",
        ),
        (
            '"channel"',
            '{ column = "c", codes = { file = "behaviour", key = "k", vlaue = "v" } }',
            "line 19: unknown key 'vlaue' in codes. Did you mean 'value'?",
        ),
        (
            'column = "amount", unit = "main"',
            'column = "amount", unit = "main", codes = { a = 7 }',
            "codes of amount_cents can only come from a file.",
        ),
        ('"at"', "{ is = 2026-10-05T12:00:00 }", "2026-10-05 12:00:00 has no zone."),
        ('"at"', "{ is = 2026-10-05 }", "occurred_at is '2026-10-05'. Write a time such as"),
        ('"channel"', "7", "channel is '7'. Write a field's name, or one of { column = … }"),
        ('"channel"', "{ is = 7 }", "channel is '7'. Write a text."),
        ("[[file.event]]", "[file.event]", "event is one table. Write [[file.event]]."),
    ],
)
def test_an_error_names_file_line_and_what_to_write(right, wrong, message):
    assert right in BEHAVIOUR

    with pytest.raises(RefusedError) as refused:
        source(BEHAVIOUR.replace(right, wrong, 1))

    assert str(refused.value).startswith("sources/shop.toml line ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("amount_cent > 0", "no target or field 'amount_cent' is mapped here. Did you mean"),
        ("amount_cents >", "not SQL"),
        ("amount_cents + 1", "'amount_cents + 1' is not true or false. Write a comparison."),
        ("kind > 7", "cannot compare string with numeric type"),
        ("SUM(amount_cents) > 7", "looks at more than its own line. Leave that out."),
    ],
)
def test_a_condition_is_checked_when_the_mapping_is_read(when, message):
    with pytest.raises(RefusedError) as refused:
        source(BEHAVIOUR + f'  when = "{when}"\n')

    assert "sources/shop.toml line 20: " in str(refused.value)
    assert message in str(refused.value)


def test_an_account_without_a_day_in_its_path_must_say_when_it_is_true():
    mapping = HEAD + (
        '[[file]]\nname = "a"\npath = "a.csv"\nformat = "csv"\nevery = "once"\n'
        '[[file.account]]\nuser_id = "u"\nsegment = { is = "consumer" }\n'
    )

    with pytest.raises(RefusedError, match="the account lacks known_on, and the path names no day"):
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


SIDE_BY_SIDE = (
    HEAD
    + """
[[file]]
name = "wide"
path = "wide.csv"
format = "csv"
every = "once"
repeat = [
  { month = "2005-04", at = 2005-04-30T12:00:00+08:00, bill = "BILL2" },
  { month = "2005-05", at = 2005-05-31T12:00:00+08:00, bill = "BILL1" },
]

  [[file.event]]
  repeat = true
  event_id = { template = "{ID}/statement/{month}" }
  user_id = "ID"
  occurred_at = { is = "{at}" }
  event_type = { is = "statement" }
  amount_cents = { column = "{bill}", unit = "main" }
  when = "{bill} <> ''"
"""
)


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
