"""What lines that look alike must prove before they are read the quick way."""

import polars as pl
import pytest

from transforms.mapping.json_pattern import proven_texts, shape_of

ALIKE = '{"id":"e1","user":"ana","amount":12.50,"flag":true}'
FIELDS, FLAGS = ("id", "user", "amount", "flag"), frozenset({"flag"})


def proven(*lines: str | None) -> tuple[list[tuple], list[str | None]]:
    """Return the texts of the lines proven by the shape of `ALIKE`, and the lines left."""
    frame = pl.DataFrame(
        {"source_line": range(1, len(lines) + 1), "line": lines},
        schema={"source_line": pl.Int64(), "line": pl.String()},
    )
    texts, left = proven_texts(frame, shape_of(pl.Series([ALIKE])), FIELDS, FLAGS)
    return [row[1:] for row in texts.rows()], left["line"].to_list()


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (ALIKE, ("e1", "ana", "12.50", "true")),
        ('{"id":"e1", "user": "ana"}', ("e1", "ana", None, None)),
        ('{"id":null,"amount":null}', (None, None, None, None)),
        ('{"id":"null","amount":-0.10}', ("null", None, "-0.10", None)),
        ('{"id":"","user":"李"}', ("", "李", None, None)),
        (r'{"id":"a\"b\\","user":"\u674e"}', ('a"b\\', "李", None, None)),
        (r'{"id":"\"amount\":1,","amount":2}', ('"amount":1,', None, "2", None)),
    ],
    ids=str,
)
def test_a_proven_line_says_what_is_written(line, texts):
    assert proven(line) == ([texts], [])


@pytest.mark.parametrize(
    "line",
    [
        None,
        "",
        '{"id":"e1"',
        '{"id":"e1"}{"id":"e2"}',
        '{"id":"e1","id":"e2"}',
        '{"user":"ana","id":"e1"}',
        '{"id":"e1","extra":1}',
        '{"id":1}',
        '{"id":"e1","amount":"12.50"}',
        '{"id":"e1","amount":true}',
        '{"id":"e1","amount":012}',
        '{"id":"e1","amount":1e3}',
        '{"id":"e1","amount":12345678901234567890}',
        '{"id":"e1","amount":[1]}',
        '{"id":"a\tb"}',
        r'{"id":"a\x"}',
        r'{"id":"\ud800"}',
        '{"id":"e1"} ',
    ],
    ids=repr,
)
def test_a_line_that_is_not_proven_is_left_to_the_careful_parser(line):
    assert proven(line) == ([], [line])


def test_bad_lines_do_not_cost_the_lines_beside_them():
    texts, left = proven(ALIKE, '{"id":', ALIKE)

    assert [text for text, *_ in texts] == ["e1", "e1"]
    assert left == ['{"id":']


def test_a_shape_has_the_keys_of_several_lines_in_their_order():
    lines = pl.Series(['{"a":"x","d":1}', '{"a":"x","b":2,"d":"y"}', '{"d":1,"a":"x"}', "[1]"])

    shape = shape_of(lines)

    assert shape == {"a": {"text"}, "b": {"number"}, "d": {"text", "number"}}
    assert list(shape) == ["a", "b", "d"]
