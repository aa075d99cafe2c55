"""What a line of a landing file becomes: rows, or one refusal that says why."""

import gzip
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, OCTOBER, line, load
from tests.tables import filled
from transforms.errors import RefusedError
from transforms.mapping.refusals import REFUSALS
from transforms.mapping.rules import LONGEST_TEXT
from transforms.mapping.shape import masked
from transforms.tables.logs import EVENTS


def test_a_line_becomes_an_event_and_what_is_not_mapped_is_dropped(tmp_path):
    given = line(device='"d7f"', channel='"app"', secret='"4111 1111"')

    figures, tables = load(tmp_path, FIFTH, given + "\n")

    then = filled(
        EVENTS,
        """
        event_id | user_id | occurred_at         | event_type | amount_cents | channel | source
        e1       | ana     | 2026-10-05T00:31:07 | purchase   |         1250 | app     | shop
        """,
    ).with_columns(file_id=pl.lit(figures.file_id), source_line=pl.lit(1, pl.Int64))
    assert_frame_equal(tables["events"].drop("device_hash"), then.collect().drop("device_hash"))
    assert figures.dropped_fields == ["secret"]


def test_a_device_is_stored_as_a_hash_that_depends_on_the_lakes_key(tmp_path):
    _, tables = load(tmp_path, FIFTH, line(device='"0000000000003f6a"') + "\n")

    # the first 8 bytes of HMAC-SHA256 of the device under the key "abab…"
    assert tables["events"]["device_hash"].item() == 0x30AC23B56A210C69


REFUSED_LINES = [
    ('{"id":"e1","user":"ana"', None, "not_json"),
    ("PK\x03\x04 no JSON at all", None, "not_json"),
    (b'{"id":"e\xff1"}', None, "not_utf8"),
    ("[1, 2]", None, "not_an_object"),
    ('"ana"', None, "not_an_object"),
    (line() + line(), None, "extra_data"),
    (line(user='"an\x00a"'), None, "not_json"),
    ('{"id":"e1","id":"e2"}', "id", "duplicate_key"),
    ("[" * 100_000, None, "not_json"),
    (line(user=""), "user", "missing"),
    (line(user="null"), "user", "missing"),
    (line(user='""'), "user", "missing"),
    (line(user='"  "'), "user", "missing"),
    (line(user="true"), "user", "wrong_type"),
    (line(user='{"id": 1}'), "user", "wrong_type"),
    (line(user='"' + "u" * 10_000 + '"'), "user", "too_long"),
    (line(user='"an\\u0000a"'), "user", "control_character"),
    (line(user='"an\\ud800a"'), "user", "not_utf8"),
    (line(kind='"paid"'), "kind", "unknown_code"),
    (line(kind=""), "kind", "missing"),
    (line(at='"yesterday"'), "at", "not_a_time"),
    (line(at='"2026-02-30T08:00:00Z"'), "at", "not_a_time"),
    (line(at="1791174667"), "at", "not_a_time"),
    (line(at='"2026-10-05T08:31:07"'), "at", "no_zone"),
    (line(at='"2099-10-05T08:31:07Z"'), "at", "after_its_file"),
    (line(at='"2026-10-07T00:00:00+08:00"'), "at", "after_its_file"),
    (line(at='"1989-12-31T08:31:07Z"'), "at", "out_of_range"),
    (line(amount=""), "amount", "missing"),
    (line(amount="true"), "amount", "wrong_type"),
    (line(amount="NaN"), "amount", "wrong_type"),
    (line(amount="-Infinity"), "amount", "wrong_type"),
    (line(amount="[12.5]"), "amount", "wrong_type"),
    (line(amount='"NaN"'), "amount", "not_a_number"),
    (line(amount="1e400"), "amount", "not_a_number"),
    (line(amount="1e2"), "amount", "not_a_number"),
    (line(amount='"12,50"'), "amount", "not_a_number"),
    (line(amount='"0x10"'), "amount", "not_a_number"),
    (line(amount='"+5"'), "amount", "not_a_number"),
    (line(amount='"١٢"'), "amount", "not_a_number"),
    (line(amount="12.505"), "amount", "too_many_decimals"),
    (line(amount="99999999999999999999"), "amount", "out_of_range"),
    (line(amount="9223372036854775807"), "amount", "out_of_range"),
    (line(amount="-0.01"), "amount", "negative_amount"),
]


@pytest.mark.parametrize(("given", "column", "reason"), REFUSED_LINES)
def test_a_bad_line_is_refused_with_its_field_and_reason_and_costs_no_other(
    tmp_path, given, column, reason
):
    given = given.encode() if isinstance(given, str) else given
    content = b"\n".join((line(id='"a"').encode(), given, line(id='"b"').encode(), b""))

    figures, tables = load(tmp_path, FIFTH, content)

    refused = tables["quarantine"].row(0, named=True)
    assert (refused["source_line"], refused["column"], refused["reason"]) == (2, column, reason)
    assert refused["file_path"] == FIFTH
    assert masked(refused["raw_line"]) == masked(given.decode(errors="replace")[:500])
    assert len(refused["found"] or "") <= LONGEST_TEXT
    assert tables["events"]["event_id"].to_list() == ["a", "b"]
    assert (figures.lines, figures.loaded, figures.quarantined, figures.blank) == (3, 2, 1, 0)
    assert reason in REFUSALS


@pytest.mark.parametrize(
    ("given", "because"),
    [
        (line(user='"o\'brien\\"/../etc/😀"'), "quotes, slashes and emoji are legal user ids"),
        (line(user="12345678901234567890123"), "an id written as a number keeps all its digits"),
        (line(amount="-0"), "minus zero is zero"),
        (line(amount='"12.5000"'), "zeros beyond the cent are exact, and text is as good"),
        (line(amount="", kind='"in"'), "a login moves no money"),
        (line(at='"2026-10-05 08:31:07.123456789-0530"'), "ISO 8601 with a blank, as SQL writes"),
        (line(at='"2026-10-06T23:59:59+08:00"'), "a day of grace after the file's period"),
        (line(at='"2026-03-01T00:00:00Z"'), "a late line is filed later, not refused"),
        (line(extra='{"nested": [true, NaN]}'), "what is not mapped is not judged"),
        ("  " + line() + " \t", "JSON allows white space around an object"),
    ],
    ids=lambda value: "",
)
def test_a_good_line_is_loaded(tmp_path, given, because):
    figures, _ = load(tmp_path, FIFTH, given + "\n")

    assert (figures.loaded, figures.events) == (1, 1), because


ONCE = (
    BEHAVIOUR + '  [[file.account]]\n  user_id = "user"\n  segment = { is = "consumer" }\n'
).replace("behaviour/{date}.jsonl", "behaviour.jsonl").replace(
    '"day"', '"once"'
) + '  known_on = "day"\n'


@pytest.mark.parametrize(
    ("at", "day", "column"),
    [
        ("2026-11-04T01:59:59Z", "2026-11-04", None),
        ("2026-11-04T02:00:00Z", "2026-11-03", "at"),
        ("2199-01-01T00:00:00Z", "2026-11-03", "at"),
        ("2026-11-03T00:00:00Z", "2026-11-05", "day"),
    ],
)
def test_nothing_in_a_file_without_a_period_is_later_than_a_day_after_its_extraction(
    tmp_path, at, day, column
):
    given = line(at=f'"{at}"', day=f'"{day}"')
    began = datetime(2026, 11, 3, 2, tzinfo=UTC)

    _, tables = load(tmp_path, "behaviour.jsonl", given + "\n", ONCE, extracted_at=began)

    refused = tables["quarantine"].select("column", "reason").rows()
    assert refused == ([(column, "after_its_file")] if column else [])


@pytest.mark.parametrize(
    ("written", "cents"),
    [("12.50", 1250), ("0.1", 10), ("-0", 0), ("0", 0), ("1000000000000.00", 10**14)],
)
def test_an_amount_is_exact(tmp_path, written, cents):
    _, tables = load(tmp_path, FIFTH, line(amount=written) + "\n")

    assert tables["events"]["amount_cents"].item() == cents


def test_byte_order_mark_carriage_returns_and_blank_lines_are_accepted(tmp_path):
    content = "\ufeff" + line(id='"a"') + "\r\n" + "\r\n" + "  \t\n" + line(id='"b"') + "\r\n"

    figures, tables = load(tmp_path, FIFTH, content)

    assert tables["events"].select("event_id", "source_line").rows() == [("a", 1), ("b", 4)]
    assert (figures.lines, figures.loaded, figures.blank) == (4, 2, 2)


@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_an_empty_file_has_no_lines(tmp_path, content):
    figures, _ = load(tmp_path, FIFTH, content)

    assert (figures.lines, figures.last_event_at) == (0, None)


def test_a_last_json_line_without_line_feed_is_loaded_if_it_is_whole(tmp_path):
    whole, _ = load(tmp_path, FIFTH, line())
    cut, tables = load(tmp_path, FIFTH, line()[:-9])

    assert (whole.loaded, cut.quarantined) == (1, 1)
    assert tables["quarantine"]["reason"].to_list() == ["cut_off"]


def test_a_last_csv_line_without_line_feed_counts_only_where_a_gzip_end_proves_it_whole(tmp_path):
    content = "user,date,limit\nana,2026-10-31,500\nbo,2026-10-31,500"

    plain, tables = load(tmp_path, OCTOBER, content, LIMITS)
    packed, _ = load(tmp_path, "limits/2026-11.csv.gz", gzip.compress(content.encode()), LIMITS)

    assert (plain.lines, plain.loaded, plain.quarantined) == (2, 1, 1)
    assert tables["quarantine"].select("source_line", "reason").rows() == [(3, "cut_off")]
    assert (packed.lines, packed.loaded) == (2, 2)


@pytest.mark.parametrize(
    ("given", "column", "reason"),
    [
        ("bo,2026-10-31", None, "field_count"),
        ("bo,2026-10-31,500,", None, "field_count"),
        ('"bo,2026-10-31,500', None, "quoting"),
        ('b"o,2026-10-31,500', None, "quoting"),
        ('"b"o,2026-10-31,500', None, "quoting"),
        ("b\0o,2026-10-31,500", None, "control_character"),
        (b"b\xffo,2026-10-31,500", None, "not_utf8"),
        (",2026-10-31,500", "user", "missing"),
        ("bo,31.10.2026,500", "date", "not_a_time"),
        ("bo,2026-10-31,", "limit", "missing"),
        ("bo,2026-10-31,-1", "limit", "negative_amount"),
    ],
)
def test_a_bad_csv_line_is_refused_and_costs_no_other(tmp_path, given, column, reason):
    given = given.encode() if isinstance(given, str) else given
    content = b"user,date,limit\n" + given + b"\nana,2026-10-31,500\n"

    figures, tables = load(tmp_path, OCTOBER, content, LIMITS)

    refused = tables["quarantine"].row(0, named=True)
    assert (refused["source_line"], refused["column"], refused["reason"]) == (2, column, reason)
    assert tables["events"]["user_id"].to_list() == ["ana"]
    assert (figures.lines, figures.loaded, figures.quarantined) == (2, 1, 1)


def test_quotes_of_csv_are_undone(tmp_path):
    content = '"user","date","limit"\r\n"o\'brien, ""ana""",2026-10-31,"500.00"\r\n'

    _, tables = load(tmp_path, OCTOBER, content, LIMITS)

    assert tables["events"].select("user_id", "amount_cents").rows() == [
        ('o\'brien, "ana"', 50_000)
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"user,date,limits", "no field 'limit' in the header. Did you mean 'limits'?"),
        (b"user,date,limit,limit", "more than one field 'limit' in the header. Deliver the file"),
        (b"\xff\xfe\x00", "the header is no utf-8 text. Declare the encoding"),
        (b'"user,date', "no CSV header that can be read, a quote in it has no pair."),
        (b"  ", "blank, where the names of the fields should stand. Deliver the file with"),
        (b"user;date;limit", "one field only, 'user;date;limit'. Declare the delimiter"),
    ],
)
def test_a_csv_header_without_a_mapped_field_refuses_the_file(tmp_path, header, message):
    with pytest.raises(RefusedError) as refused:
        load(tmp_path, OCTOBER, header + b"\nana,2026-10-31,500\n", LIMITS)

    assert str(refused.value).startswith(f"Landing file {OCTOBER} line 1: {message}")


def test_figures_sum_amounts_and_name_the_first_and_last_event(tmp_path):
    content = line(id='"a"', amount="1.00") + "\n" + line(id='"b"', at='"2026-10-05T09:00:00Z"')

    figures, _ = load(tmp_path, FIFTH, content)

    assert figures.amount_cents == 100 + 1250
    assert figures.first_event_at == datetime(2026, 10, 5, 0, 31, 7, tzinfo=UTC)
    assert figures.last_event_at == datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def test_of_a_file_that_is_wholly_bad_every_line_keeps_its_own_text(tmp_path):
    content = line(id='"e1"', amount="true") + "\n[1]\n" + line(id='"e2"', amount="1.005") + "\n{\n"

    _, tables = load(tmp_path, FIFTH, content)

    raw = tables["quarantine"].sort("source_line")["raw_line"]
    assert [text[:1] + text[-1:] for text in raw] == ["{}", "[]", "{}", "{{"]
