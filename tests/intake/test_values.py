"""How the text of a field becomes an amount, a date or a time."""

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, HEAD, line, load

ITEMS = (
    HEAD
    + """
[[file]]
name = "items"
path = "items.csv"
format = "csv"
every = "once"

  [[file.event]]
  event_id = "id"
  user_id = { is = "ana" }
  occurred_at = { is = 2026-10-05T12:00:00+08:00 }
  event_type = { is = "statement" }
  amount_cents = { product = ["quantity", "price"], unit = "main" }
"""
)


def read_amount(tmp_path, options, written):
    """Read one amount through a mapping with `options`; return cents, or the reason."""
    mapping = BEHAVIOUR.replace('unit = "main"', options).replace('pay = "purchase"', "pay = 'fee'")
    _, tables = load(tmp_path, FIFTH, line(amount=f'"{written}"') + "\n", mapping)
    return (tables["events"]["amount_cents"].to_list() + tables["quarantine"]["reason"].to_list())[
        0
    ]


@pytest.mark.parametrize(
    ("options", "written", "gives"),
    [
        ('unit = "main", decimal = ",", thousands = "."', "1.234,56", 123_456),
        ('unit = "main", decimal = ",", thousands = "."', "1234,56", 123_456),
        ('unit = "main", decimal = ",", thousands = "."', "1.234", 123_400),
        ('unit = "main", decimal = ",", thousands = "."', "1.234.567,8", 123_456_780),
        ('unit = "main", decimal = ",", thousands = "."', "12.34", "not_a_number"),
        ('unit = "main", decimal = ",", thousands = "."', "1,234.56", "not_a_number"),
        ('unit = "main", decimal = ",", thousands = "."', "1.234,567", "too_many_decimals"),
        ('unit = "main", decimal = ","', "1.234,56", "not_a_number"),
        ('unit = "main", thousands = ","', "1,234.56", 123_456),
        ('unit = "main", thousands = ","', "1,23", "not_a_number"),
        ("unit = 'main', thousands = \"'\"", "1'234.50", 123_450),
        ('unit = "main", thousands = " "', "1 234", 123_400),
        ('unit = "main", decimal = ",", thousands = " "', "1\u00a0234\u202f567,50", 123_456_750),
        ('unit = "main", thousands = "\u00a0"', "1 234", 123_400),
        ('unit = "main", thousands = " "', "1\u00a02", "not_a_number"),
        ('unit = "cents", thousands = ","', "1,234", 1_234),
        ('unit = "main", sign = -1', "-12.50", 1_250),
        ('unit = "main", sign = -1', "12.50", "negative_amount"),
        ('unit = "main"', "0.125", "too_many_decimals"),
        ('unit = "main", round = "half_even"', "0.125", 12),
        ('unit = "main", round = "half_even"', "0.135", 14),
        ('unit = "main", round = "half_even"', "0.12500000000000000000001", 13),
        ('unit = "main", round = "half_even"', "0.124999999999999999999999", 12),
        ('unit = "main", round = "half_even"', "9.999", 1_000),
        ('unit = "main", round = "half_up"', "0.125", 13),
        ('unit = "main", round = "half_up", sign = -1', "-0.125", 13),
        ('unit = "main", round = "half_up"', "7", 700),
        ('unit = "cents", round = "half_even"', "12.5", 12),
        ('unit = "main", round = "half_even"', "1e3", "not_a_number"),
        ('unit = "main", round = "half_even"', "99999999999999999999", "out_of_range"),
    ],
)
def test_an_amount_is_read_as_declared_or_refused(tmp_path, options, written, gives):
    assert read_amount(tmp_path, options, written) == gives


@pytest.mark.parametrize(
    ("options", "quantity", "price", "gives"),
    [
        ("", "6", "2.55", 1_530),
        ("", "-6", "2.55", -1_530),
        ("", "-6", "-2.55", 1_530),
        ("", "3", "0.125", "too_many_decimals"),
        ("", "4", "0.125", 50),
        (', round = "half_even"', "3", "0.125", 38),
        (', round = "half_even"', "1", "0.125", 12),
        (', round = "half_up"', "1", "0.125", 13),
        (", sign = -1", "-6", "2.55", 1_530),
        (', decimal = ","', "1,5", "2,5", 375),
        ("", "six", "2.55", "not_a_number"),
        ("", "6", "0.0000001", "too_many_decimals"),
        ("", "6", "", "missing"),
        ("", "", "", "missing"),
        ("", "999999999999", "999999999999", "out_of_range"),
    ],
)
def test_a_product_of_two_fields_is_exact(tmp_path, options, quantity, price, gives):
    content = f'id,quantity,price\ne1,"{quantity}","{price}"\n'
    mapping = ITEMS.replace('unit = "main"', 'unit = "main"' + options)

    _, tables = load(tmp_path, "items.csv", content, mapping)

    read = [*tables["events"]["amount_cents"], *tables["quarantine"]["reason"]]
    assert read == [gives]


def test_a_refused_product_shows_both_factors(tmp_path):
    _, tables = load(tmp_path, "items.csv", "id,quantity,price\ne1,3,0.125\n", ITEMS)

    assert tables["quarantine"].select("column", "reason", "found").rows() == [
        ("amount_cents", "too_many_decimals", "3 * 0.125")
    ]


def read_time(tmp_path, value, written):
    """Read one time through a mapping; return it in UTC, or the reason."""
    content = f'id,at\ne1,"{written}"\n'
    mapping = (
        ITEMS.replace("{ is = 2026-10-05T12:00:00+08:00 }", value)
        .replace('  amount_cents = { product = ["quantity", "price"], unit = "main" }\n', "")
        .replace('"statement"', '"login"')
    )
    _, tables = load(tmp_path, "items.csv", content, mapping)
    return [*tables["events"]["occurred_at"].cast(str), *tables["quarantine"]["reason"]][0]


SHANGHAI = 'zone = "Asia/Shanghai"'


@pytest.mark.parametrize(
    ("value", "written", "gives", "because"),
    [
        (f'months_from = "2019-12", {SHANGHAI}', "0", "2019-12-31 04:00", "noon of the last day"),
        (f'months_from = "2019-12", {SHANGHAI}', "-10", "2019-02-28 04:00", "months back"),
        (f'months_from = "2019-12", {SHANGHAI}', "2", "2020-02-29 04:00", "months ahead"),
        (f'months_from = "2019-12", {SHANGHAI}', "-1.5", "not_a_time", "no half months"),
        (f'months_from = "2019-12", {SHANGHAI}', "-999999999", "not_a_time", "no such year"),
        (
            f'months_from = "2019-12", at = 08:30:00, {SHANGHAI}',
            "0",
            "2019-12-31 00:30",
            "at half past eight",
        ),
        (f"days_from = 2020-01-01, {SHANGHAI}", "59", "2020-02-29 04:00", "days ahead"),
        ("seconds_from = 1970-01-01T00:00:00Z", "1700000000", "2023-11-14 22:13:20", "Unix"),
        ("seconds_from = 1970-01-01T00:00:00Z", "1700000000.25", "2023-11-14 22:13:20.25", "exact"),
        ("milliseconds_from = 1970-01-01T00:00:00Z", "1700000000250", "2023-11-14 22:13:20", "ms"),
        (
            "days_from = 2026-03-01, at = 02:30:00, zone = 'Europe/Prague'",
            "28",
            "no_such_time",
            "the clock skipped it",
        ),
        (f'format = "%Y-%m", day = "first", {SHANGHAI}', "2026-10", "2026-10-01 04:00", "noon"),
        (f'format = "%Y-%m", day = "last", {SHANGHAI}', "2024-02", "2024-02-29 04:00", "leap year"),
        (
            f'format = "%m/%Y", day = "last", at = 23:59:59, {SHANGHAI}',
            "2/2026",
            "2026-02-28 15:59:59",
            "at the declared time of that day",
        ),
        (
            f'formats = ["%Y-%m-%d", "%Y%m"], day = "last", {SHANGHAI}',
            "2026-10-05",
            "2026-10-04 16:00",
            "a text that tells its day is that day",
        ),
        (
            f'formats = ["%Y-%m-%d", "%Y%m"], day = "last", {SHANGHAI}',
            "202610",
            "2026-10-31 04:00",
            "beside it a month stands for its declared day",
        ),
        (f'format = "%Y-%m", day = "last", {SHANGHAI}', "2026-13", "not_a_time", "no such month"),
        (f'format = "%Y-%m", day = "last", {SHANGHAI}', "2026-10-05", "not_a_time", "a day more"),
        (f'format = "%Y-%m", day = "last", {SHANGHAI}', "26-10", "not_a_time", "four digits"),
        (
            f'formats = ["%d/%m/%Y", "%d/%m/%y"], {SHANGHAI}',
            "05/11/2026",
            "2026-11-04 16:00",
            "the first format fits",
        ),
        (
            f'formats = ["%d/%m/%Y", "%d/%m/%y"], {SHANGHAI}',
            "05/11/26",
            "2026-11-04 16:00",
            "a year of four digits is not written with two",
        ),
        (
            f'formats = ["%d/%m/%Y", "%m/%d/%Y"], {SHANGHAI}',
            "05/11/2026",
            "2026-11-04 16:00",
            "both fit, so the first one wins",
        ),
        (
            f'formats = ["%d/%m/%Y", "%m/%d/%Y"], {SHANGHAI}',
            "11/25/2026",
            "2026-11-24 16:00",
            "there is no month 25",
        ),
        (f'format = "%d/%m/%Y", {SHANGHAI}', "05/11/2026 x", "not_a_time", "all of it must fit"),
        (f'format = "%d/%m/%Y", {SHANGHAI}', "31/02/2026", "not_a_time", "no such day"),
        (
            'formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%z"], zone = "Asia/Shanghai"',
            "2026-10-05T12:00:00+0200",
            "2026-10-05 10:00",
            "a zone that is written goes before the declared one",
        ),
    ],
)
def test_a_time_is_read_by_the_first_format_that_fits_or_counted(
    tmp_path, value, written, gives, because
):
    found = read_time(tmp_path, "{ column = 'at', " + value + " }", written)

    assert found.startswith(gives), because


def test_a_day_may_be_a_month_written_out(tmp_path):
    mapping = ITEMS + '  due_on = { column = "due", format = "%Y-%m", day = "last" }\n'

    _, tables = load(tmp_path, "items.csv", "id,quantity,price,due\ne1,1,1,2026-02\n", mapping)

    assert [str(day) for day in tables["events"]["due_on"]] == ["2026-02-28"]


def test_a_day_may_be_counted_too(tmp_path):
    mapping = ITEMS + '  due_on = { column = "due", months_from = "2026-01" }\n'
    content = "id,quantity,price,due\ne1,1,1,1\ne2,1,1,x\n"

    _, tables = load(tmp_path, "items.csv", content, mapping)

    assert [str(day) for day in tables["events"]["due_on"]] == ["2026-02-28"]
    assert tables["quarantine"].select("column", "reason").rows() == [("due", "not_a_date")]


@pytest.mark.parametrize(
    ("options", "written", "gives"),
    [
        ('unit = "main", decimal = ",", thousands = "."', " 1.234,56 ", 123_456),
        ('unit = "main", thousands = " "', " 1 234 ", 123_400),
        ('unit = "main"', "12.50\u00a0", 1_250),
        ('unit = "main"', "\u202f12.50", 1_250),
        ('unit = "main"', "12.50\u202f", 1_250),
        ('unit = "main"', "\u00a0", "missing"),
        ('unit = "main"', "1\u00a02", "not_a_number"),
        ('unit = "main"', "   ", "missing"),
        ('unit = "main"', "1 2", "not_a_number"),
    ],
)
def test_spaces_around_a_number_are_padding(tmp_path, options, written, gives):
    assert read_amount(tmp_path, options, written) == gives


@pytest.mark.parametrize(
    "line_of",
    [
        pytest.param(
            ("csv", "", "id ,user, at ,kind,note\n{0:>4},{1:<6},{2:>22},{3:<5},{4}\n"), id="csv"
        ),
        pytest.param(
            (
                "fixed",
                "columns = { id = [1, 4], user = [5, 10], at = [11, 32], kind = [33, 37], "
                "note = [38, 45] }",
                "{0:>4}{1:<6}{2:>22}{3:<5}{4:<8}\n",
            ),
            id="fixed",
        ),
        pytest.param(
            (
                "jsonl",
                "",
                '{{"id":"{0:>4}","user":"{1:<6}","at":"{2:>22}","kind":"{3:<5}","note":"{4}"}}\n',
            ),
            id="jsonl",
        ),
    ],
)
def test_spaces_around_a_field_never_count_whatever_the_format(tmp_path, line_of):
    form, columns, written = line_of
    content = written.format("e1", "ana", "2026-10-05T00:31:07Z", "pay", " paid ")
    mapping = HEAD + (
        f'[[file]]\nname = "f"\npath = "f.txt"\nformat = "{form}"\nevery = "once"\n{columns}\n'
        'fields = ["note"]\n[[file.event]]\nevent_id = "id"\nuser_id = "user"\n'
        'occurred_at = "at"\nevent_type = { column = "kind", codes = { pay = "login" } }\n'
        "when = \"note = 'paid'\"\n"
    )

    _, tables = load(tmp_path, "f.txt", content, mapping)

    then = tables["events"].select("event_id", "user_id", "event_type")
    assert then.rows() == [("e1", "ana", "login")]
    assert str(tables["events"]["occurred_at"][0]) == "2026-10-05 00:31:07+00:00"
