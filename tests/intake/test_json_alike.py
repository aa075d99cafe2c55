"""What is read of lines that are written alike, and what is left to other readers."""

import pytest

from transforms.mapping.json_alike import alike_texts

ALIKE = b'{"id":"e1","user":"ana","amount":12.50,"flag":true}'
FIELDS, FLAGS = ("id", "user", "amount", "flag"), frozenset({"flag"})


def read(*lines: bytes, longest: int = 1_000) -> tuple[list[tuple], list[bytes]]:
    """Return the texts of the lines read, each kind of line once, and the kinds of lines left.

    The lines stand among many that are like `ALIKE`, and there are many of each.
    """
    many = [ALIKE, *lines] * 20
    texts, left, _ = alike_texts(b"\n".join(many), len(many), FIELDS, FLAGS, longest)
    kinds = len(lines) + 1
    assert set(texts["place"]) | set(left) == set(range(len(many)))
    rows = {place % kinds: texts for place, *texts in texts.rows()}
    alike = tuple(rows.pop(0))
    assert alike == ("e1", "ana", "12.50", "true")
    return [tuple(rows[kind]) for kind in sorted(rows)], [
        many[kind] for kind in sorted({place % kinds for place in left})
    ]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (b'{"id":"e2","user":"bo","amount":-0.10,"flag":false}', ("e2", "bo", "-0.10", "false")),
        (b'{"id":"","user":"\xe6\x9d\x8e","amount":0,"flag":1}', ("", "李", "0", "1")),
        (b'{"id":"null","user":"},{","amount":null,"flag":null}', ("null", "},{", None, None)),
        (b'{"id":null,"amount":null}', (None, None, None, None)),
        (b'{"id":"e2", "user": "bo"}', ("e2", "bo", None, None)),
        (b'{"id" :"e2","user":"bo"} ', ("e2", "bo", None, None)),
        (b'{"user":"bo","extra":[1,2],"id":"e2"}', None),
        (b'{"user":"bo","extra":1e5,"id":"e2"}', None),
        (b'{"user":"bo","extra":15,"id":"e2"}', ("e2", "bo", None, None)),
        (b'{"user":"bo","extra":"x","id":"e2"}', ("e2", "bo", None, None)),
        (b'{"amount":"12.50"}', (None, None, "12.50", None)),
    ],
    ids=str,
)
def test_lines_written_alike_say_what_is_written(line, texts):
    assert read(line) == (([texts], []) if texts else ([], [line]))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"null",
        b"{}",
        b'{"id":"e1"',
        b'{"id":"e1"}{"id":"e2"}',
        b'{"id":"e1","id":"e2"}',
        b'{"id":"e1","user":"ana","amount":012,"flag":true}',
        b'{"id":"e1","user":"ana","amount":1e3,"flag":true}',
        b'{"id":"e1","user":"ana","amount":true,"flag":true}',
        b'{"id":"e1","user":"ana","amount":,"flag":true}',
        b'{"id":"e1","user":"ana","amount":1,2,"flag":true}',
        b'{"id":"e1","user":"ana","amount":12.50,"flag":tru}',
        b'{"id":"e1","user":"ana","amount":12.50,"flag":true]',
        b' "id":"e1","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"e1","user":"ana","amount":12.50,"flag":12345678901234567890}',
        b'{"id":"e1","uses":"ana","amount":12.50,"flag":tru}',
        b'{"id":"a\tb","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"a\0b","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"a\x7fb","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"a\\tb","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"a\\"b","user":"ana","amount":12.50,"flag":true}',
        b'{"id":"\xff","user":"ana","amount":12.50,"flag":true}',
        b'"id":"e1","user":"ana""amount":12.50,"flag":true}',
        b'""""""""""',
        b'""""""""""""',
        b'{"id":"' + b"x" * 1_000 + b'","user":"ana","amount":12.50,"flag":true}',
    ],
    ids=lambda line: repr(line)[:60],
)
def test_any_other_line_is_left(line):
    assert read(line) == ([], [line])


def test_a_bad_line_costs_no_line_beside_it():
    texts, left = read(b'{"id":"\xff"}', b'{"id":"e2","user":"bo"}', b'{"id":')

    assert texts == [("e2", "bo", None, None)]
    assert left == [b'{"id":"\xff"}', b'{"id":']


def test_names_of_all_fields_are_seen():
    many = [ALIKE, b'{"id":"e1","else":"x"}', b'{"some":'] * 20

    _, _, seen = alike_texts(b"\n".join(many), len(many), FIELDS, FLAGS, 1_000)

    assert seen == {"id", "user", "amount", "flag", "else"}


def test_few_lines_are_left():
    texts, left, _ = alike_texts(b"\n".join([ALIKE] * 3), 3, FIELDS, FLAGS, 1_000)

    assert (texts.height, left.tolist()) == (0, [0, 1, 2])


def test_fields_of_an_object_within_a_line_are_read_by_their_path():
    made = b'{"customer":{"id":"ana","of":{"city":"Lyon"}},"sum":{"cents":%d}}'
    fields = ("customer.id", "customer.of.city", "sum.cents", "customer.name")

    lines = b"\n".join(made % cents for cents in range(20))
    texts, left, seen = alike_texts(lines, 20, fields, frozenset(), 1_000)

    assert texts.rows()[7] == (7, "ana", "Lyon", "7", None)
    assert left.tolist() == []
    assert seen == {"customer.id", "customer.of.city", "sum.cents"}


@pytest.mark.parametrize(
    "line",
    [
        b'{"user":{"id":"ana"},"id":"e2"}',
        b'{"id":"e2","a":{"b":1},"a.b":2}',
        b'{"id":"e2","a":[{"b":1}]}',
        b'{"id":"e2","a":{"b":1}',
    ],
    ids=str,
)
def test_an_object_that_is_read_as_a_value_or_that_is_not_plain_is_left(line):
    assert read(line) == ([], [line])
