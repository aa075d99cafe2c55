"""How an error in a mapping is named: file, line, key, what was found, what to write."""

import pytest

from tests.intake.landing_folder import BEHAVIOUR, LIMITS, SIDE_BY_SIDE, load, source
from transforms.errors import RefusedError


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('"live"', '"life"', "line 3: mode is 'life'. Did you mean 'live'?"),
        ('"shop"', '"shops"', "line 2: source is 'shops'. Write 'shop'."),
        ("credit_from", "credits_from", "unknown key 'credits_from' in the file. Did you mean"),
        ('"jsonl"', '"JSONL"', "line 9: format is 'JSONL'. Did you mean 'jsonl'?"),
        ('"jsonl"', '"json"', "line 9: format is 'json'. Did you mean 'jsonl'?"),
        (
            'format = "jsonl"',
            'format = "jsonl"\nencoding = "cp1252"',
            "encoding is 'cp1252'. Did you mean 'windows-1252'?",
        ),
        ('"day"', '"month"', "line 10: every is 'month', but the path has no {month}. Add it."),
        ("{date}", "../{date}", "line 8: path 'behaviour/../{date}.jsonl' has an empty or a dot"),
        ("{date}", "{day}", "line 8: path 'behaviour/{day}.jsonl' has an unknown placeholder."),
        ('path = "', 'path = "/', "line 8: path '/behaviour/{date}.jsonl' is not a path below"),
        (
            "  event_id =",
            "  event_ids =",
            "events has no column 'event_ids'. Did you mean 'event_id'",
        ),
        ('  user_id = "user"\n', "", "line 12: file 'behaviour', event 1 lacks user_id. Map it."),
        ('"purchase"', '"purchases"', "event_type has no 'purchases'. Did you mean 'purchase'?"),
        ('unit = "main"', 'unit = "yuan"', "unit of amount_cents is 'yuan'. Write main or cents."),
        (', unit = "main"', "", "line 17: unit of amount_cents is None. Write main or cents."),
        (
            'unit = "main"',
            'units = "main"',
            "unknown key 'units' in file 'behaviour', event 1, amount_cents.",
        ),
        (
            '"at"',
            '{ column = "at", zone = "Asia/Beijing" }',
            "line 15: zone is 'Asia/Beijing'. Write the name",
        ),
        ('"at"', '{ column = "at", zone = "Asia/Shangai" }', "Did you mean 'Asia/Shanghai'?"),
        ('"at"', '{ column = "at", zone = "europe/paris" }', "Did you mean 'Europe/Paris'?"),
        ('"at"', '{ column = "at", zone = "Lagos" }', "Did you mean 'Africa/Lagos'?"),
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
        ('"at"', '{ column = "at", at = 12:00:00 }', "at is for months_from, days_from and day."),
        (
            '"at"',
            '{ column = "at", format = "%Y-%m", zone = "UTC" }',
            'format \'%Y-%m\' tells a month and no day. Add day = "first" or day = "last"',
        ),
        (
            '"at"',
            '{ column = "at", format = "%Y-%m", day = "mid", zone = "UTC" }',
            'Add day = "first" or day = "last"',
        ),
        (
            '"at"',
            '{ column = "at", format = "%Y-%m-%d", day = "last", zone = "UTC" }',
            "day is for a format that tells only a month.",
        ),
        (
            '"at"',
            '{ column = "at", months_from = "2020-01", day = "last", zone = "UTC" }',
            "months_from and day together. Leave day out.",
        ),
        (
            '"at"',
            '{ column = "at", format = "%Y-%m", day = "last", at = "noon", zone = "UTC" }',
            "at is 'noon'. Write a time such as 12:00:00.",
        ),
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
        ('"channel"', '{ template = "{a/{b}" }', "template '{a/{b}' has a brace without its pair."),
        (
            'codes = { pay = "purchase", in = "login" }',
            'codes = { pay = "purchase", "pay " = "login" }',
            "line 16: two codes differ only in spaces around them. Keep one.",
        ),
        ('"purchase"', '"buy"', "event_type has no 'buy'. Allowed: purchase, refund, transfer_in"),
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
        (
            "payé le IS NOT NULL",
            "A name with spaces, dots or signs stands in double quotes: when = ",
        ),
        ("'payé le' IS NOT NULL", "a text in single quotes, which is the same in every line."),
        ("id <> '' AND 'user' is null", "a text in single quotes, which is the same in"),
        ("'a' = 'b'", "a text in single quotes, which is the same in every line."),
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


def test_a_condition_names_a_field_of_an_object_in_double_quotes():
    mapping = BEHAVIOUR.replace('"channel"', '"customer.tier"')

    read = source(mapping + """  when = '''"customer.tier" = '2' '''\n""")
    with pytest.raises(RefusedError, match="'customer'.* Did you mean 'customer.tier'.* quotes"):
        source(mapping + """  when = "customer.tier = '2'"\n""")

    assert read.files[0].templates[0].when_reads == ("customer.tier",)


def test_a_condition_is_one_text():
    with pytest.raises(RefusedError, match="line 20: when is '7'. Write SQL in quotes."):
        source(BEHAVIOUR + "  when = 7\n")


def test_the_sections_of_a_mapping_are_named_and_what_has_no_name_is_counted_from_1():
    second = LIMITS.split("[[file]]")[1].replace("unit", "units")

    with pytest.raises(RefusedError) as refused:
        source(f"{BEHAVIOUR}\n[[file]]{second}")

    assert "unknown key 'units' in file 'limits', event 1, amount_cents." in str(refused.value)


def test_what_is_allowed_is_listed_once():
    with pytest.raises(RefusedError) as refused:
        source(f'{BEHAVIOUR}  when = "zzz > 0"\n')

    listed = str(refused.value).partition("Allowed: ")[2].partition(".")[0].split(", ")
    assert "user_id" in listed
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            '{ is = "{at}" }',
            '{ is = "{ta}" }',
            "line 20: {ta} is no name of repeat. Allowed: month, at, bill.",
        ),
        ('"{bill}"', '"{bil}"', "line 22: {bil} is no name of repeat. Did you mean 'bill'?"),
        (
            "when = \"{bill} <> ''",
            "when = \"{bill_} <> ''",
            "line 23: {bill_} is no name of repeat",
        ),
        ("  repeat = true\n", "", "line 19: {at} is only filled in where a template has repeat"),
    ],
)
def test_a_placeholder_that_nothing_fills_in_is_named(right, wrong, message):
    with pytest.raises(RefusedError) as refused:
        source(SIDE_BY_SIDE.replace(right, wrong, 1))

    assert message in str(refused.value)


def test_a_misspelt_placeholder_of_a_text_is_found_by_the_header(tmp_path):
    mapping = SIDE_BY_SIDE.replace("statement/{month}", "statement/{mnoth}")

    with pytest.raises(RefusedError) as refused:
        load(tmp_path, "wide.csv", "ID,BILL1,BILL2\n7,10,-2.50\n", mapping)

    assert "no field 'mnoth' in the header. Did you mean 'month'?" in str(refused.value)


def test_a_placeholder_is_not_listed_among_the_fields_of_a_file(tmp_path):
    with pytest.raises(RefusedError) as refused:
        load(tmp_path, "wide.csv", "a,b\n7,10\n", SIDE_BY_SIDE)

    assert "no field 'ID' in the header. Allowed: a, b. Deliver" in str(refused.value)


@pytest.mark.parametrize(
    ("codes", "quoted"),
    [
        ('{ épicerie = "purchase" }', '"épicerie"'),
        ('{ buy = "purchase", santé = "refund" }', '"santé"'),
        ('{ log in = "login" }', '"log in"'),
        ('{ n° = "login" }', '"n°"'),
    ],
)
def test_a_key_that_toml_wants_in_quotes_is_named(codes, quoted):
    with pytest.raises(RefusedError) as refused:
        source(BEHAVIOUR.replace('{ pay = "purchase", in = "login" }', codes))

    said = str(refused.value)
    assert "sources/shop.toml: not valid TOML" in said
    assert said.endswith(f"A key with accents, spaces or signs stands in quotes: {quoted} = ….")


def test_another_slip_of_toml_says_nothing_of_keys():
    with pytest.raises(RefusedError) as refused:
        source(BEHAVIOUR.replace('"day"', "day"))

    assert str(refused.value).endswith("Correct that line.")
