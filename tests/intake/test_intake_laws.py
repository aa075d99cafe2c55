"""Laws of reading: nothing is lost, nothing is guessed, and the fast way is the slow way."""

import json
import re
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, OCTOBER, line, load
from transforms.mapping.first_bytes import otherwise_written
from transforms.mapping.json_alike import alike_texts
from transforms.mapping.json_lines import json_texts
from transforms.mapping.reading import LARGEST_CENTS, moment, whole_number

UNTIMED = settings(deadline=None)  # a busy machine is no fault
FRAGMENTS = st.sampled_from(
    [
        line().encode(),
        line(id='"e2"', amount="1e400").encode(),
        line()[:-5].encode(),
        b'{"id":',
        b"ana,2026-10-31,500",
        b'"ana",2026-10-31,"5',
        b"\n",
        b"\r\n",
        b"\r",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b",",
        b'"',
    ]
)
BYTES = st.lists(FRAGMENTS | st.binary(max_size=20), max_size=12).map(b"".join)


def read(path, content, mapping):
    with tempfile.TemporaryDirectory() as landing:
        return load(Path(landing), path, content, mapping, block_bytes=64)


def line_count(content):
    return len(content.removeprefix(b"\xef\xbb\xbf").splitlines())


@UNTIMED
@given(BYTES)
@example(b"\xef\xbb\xbf\n\n \n")
def test_every_line_of_any_bytes_is_loaded_or_refused_or_blank(content):
    assume(not otherwise_written(content, "utf-8", "a mapping"))  # a file that is no UTF-8 at all

    figures, tables = read(FIFTH, content, BEHAVIOUR)

    assert figures.lines == line_count(content)
    assert figures.lines == figures.loaded + figures.quarantined + figures.blank
    assert tables["quarantine"].height == figures.quarantined
    assert tables["quarantine"]["source_line"].is_unique().all()
    loaded = set(tables["events"]["source_line"])
    assert not loaded & set(tables["quarantine"]["source_line"])


@UNTIMED
@given(BYTES)
def test_every_csv_line_of_any_bytes_is_loaded_or_refused_or_blank(content):
    figures, tables = read(OCTOBER, b"user,date,limit\n" + content, LIMITS)

    assert figures.lines == len((b"user,date,limit\n" + content).splitlines()) - 1
    assert figures.lines == figures.loaded + figures.quarantined + figures.blank
    assert tables["quarantine"].height == figures.quarantined


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["null", '"', "\\", "\x00", "\ud800", "é", "1e400", ""]),
)
KEYS = st.sampled_from(["id", "user", "flag", "secret", "a b", 'q"', "(x)", "user.id"])
OBJECTS = st.recursive(
    VALUES, lambda values: st.dictionaries(KEYS, values, max_size=5), max_leaves=10
).filter(lambda made: isinstance(made, dict))
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])
JSON_LINES = st.builds(
    lambda content, separators, ascii_only: (
        json.dumps(content, separators=separators, ensure_ascii=ascii_only)
        .encode("utf-8", "replace")
        .decode()
    ),
    OBJECTS,
    SEPARATORS,
    st.booleans(),
)


@UNTIMED
@example(['{"id":true,"user":1,"flag":true}'])
@example(
    ['{"id":"null","user":null,"flag":"","secret":NaN}', '{"id":-0.50e1,"user":"é","secret":1}']
)
@example(['{"id":"a\\u0041\\"","user":"b"}', '{"id":"a","user":"b"}', '{"user":"b","id":"a"}'])
@example(['{"id":01,"user":"b"}', '{"id":1,"user":"b"}', '{"id":.5,"user":"b"}', '{"id":"b\tc"}'])
@given(st.lists(JSON_LINES | st.text(max_size=8), min_size=1, max_size=6))
def test_lines_read_by_a_pattern_say_what_the_json_parser_says(lines):
    fields, flags = ("id", "user", "flag", "user.id"), frozenset({"flag"})
    many = lines * (2_500 // len(lines))
    frame = pl.DataFrame(
        {"source_line": range(1, len(many) + 1), "line": many},
        schema={"source_line": pl.Int64(), "line": pl.String()},
    )

    texts, refused, seen = json_texts(frame, fields, flags)

    few_texts, few_refused, few_seen = json_texts(frame.head(len(lines)), fields, flags)
    first = pl.col("source_line") <= len(lines)
    assert texts.filter(first).equals(few_texts)
    assert refused.filter(first).equals(few_refused)
    assert seen == few_seen
    assert texts.height + refused.height == len(many)


@UNTIMED
@example(['{"id":"null","user":null,"flag":true}', '{"id":"null","user":null,"flag":1.5}'])
@example(['{"id":"a","user":"b"}', '{"id" "a":"user","b"}', '{"id":"a","user","b":}'])
@example(['{"id":"a","user":{"id":1}}', '{"id":"a","user":{"id":12,"flag":"x"}}', '{"user":1}'])
@example(['{"id":"a","secret":{":5":1}}', '{"secret":{"user.id":1},"user.id":{"id":2}}'])
@given(st.lists(JSON_LINES | st.text(max_size=8), min_size=1, max_size=6))
def test_lines_written_alike_say_what_the_json_parser_says(lines):
    fields, flags = ("id", "user", "flag", "user.id"), frozenset({"flag"})
    lines = [line for line in lines if not {"\n", "\r"} & set(line)] or ["{}"]
    frame = pl.DataFrame({"source_line": range(len(lines)), "line": lines})
    block = "\n".join(lines * 12).encode()

    texts, left, seen = alike_texts(block, 12 * len(lines), fields, flags, 1_000)

    few_texts, _, few_seen = json_texts(frame, fields, flags)
    parsed = {number: values for number, *values in few_texts.rows()}
    assert {*texts["place"], *left} == set(range(12 * len(lines)))
    for place, *values in texts.rows():
        assert values == parsed[place % len(lines)]
    assert seen <= few_seen


@UNTIMED
@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_an_amount_in_text_is_worth_its_decimal_value(amount):
    text = f"{amount:f}"

    cents = pl.DataFrame({"text": [text]}).select(whole_number(pl.col("text"), 2)).item()

    assert cents == int(amount * 100)
    assert abs(cents) <= LARGEST_CENTS


@UNTIMED
@given(st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,8})?", fullmatch=True))
def test_a_number_is_read_exactly_or_not_at_all(text):
    for decimals in (0, 2):
        read_as = (
            pl.DataFrame({"text": [text]}).select(whole_number(pl.col("text"), decimals)).item()
        )
        exact = Decimal(text).scaleb(decimals)

        fits = exact == exact.to_integral_value() and abs(exact) < 10**18
        assert read_as == (int(exact) if fits else None)


TAILS = st.sampled_from(["Z", "+08:00", "-0330", "+00:00"])
TIMES = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format,
    st.integers(1800, 2300) | st.just(2026),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 59),
)


@UNTIMED
@example(["2026-10-05T12:00:00", "2026-13-05T12:00:00", None], "+08:00")
@example(["2026-10-05T12:00:00", "2026-10-0512:00:00T"], "Z")
@given(st.lists(TIMES | st.none() | st.from_regex(r"[0-9T:-]{19}", fullmatch=True)), TAILS)
def test_a_time_is_read_beside_others_as_the_calendar_has_it(times, tail):
    texts = pl.DataFrame({"text": [t and t + tail for t in times]}, schema={"text": pl.String()})

    read = texts.select(moment(pl.col("text"), (), None)).to_series().to_list()

    assert read == [_on_the_calendar(text) for text in texts["text"]]


def _on_the_calendar(text):
    written = text and re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}(:[0-9]{2}){2}[+Z-].*", text
    )
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if written else None
    except ValueError:
        return None
