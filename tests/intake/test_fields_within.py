"""Fields of objects within a line of JSON are named by the path to them."""

import json

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, load

MAPPING = BEHAVIOUR.replace('"user"', '"customer.id"').replace('"channel"', '"how.channel"')
LINE = {
    "id": "e1",
    "customer": {"id": "ana"},
    "at": "2026-10-05T08:31:07+08:00",
    "kind": "in",
    "device": "d7f",
}


def read(tmp_path, *lines: dict, few: bool):
    """Load lines, each alone with its like or among two thousand that are read the quick way."""
    many = lines if few else lines * (2_000 // len(lines))
    named = [line | {"id": f"{line['id']}{n}"} for n, line in enumerate(many)]
    return load(tmp_path, FIFTH, "".join(f"{json.dumps(line)}\n" for line in named), MAPPING)


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    ("how", "channel"),
    [
        ({"channel": "app"}, "app"),
        ({"channel": None}, None),
        ({}, None),
        (None, None),
        (" ", None),
        ([], None),
    ],
)
def test_an_object_that_is_null_or_lacks_the_field_leaves_it_empty(tmp_path, how, channel, few):
    figures, tables = read(tmp_path, LINE | {"how": how}, LINE, few=few)

    assert set(tables["events"].select("user_id", "channel").rows()) == {
        ("ana", channel),
        ("ana", None),
    }
    assert figures.dropped_fields == []


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    ("how", "found"),
    [("app", '"xxx"'), (7, '"9"'), ([{"channel": "app"}], '[{"xxxxxxx": "xxx"}]')],
)
def test_another_value_where_an_object_is_read_refuses_the_line(tmp_path, how, found, few):
    figures, tables = read(tmp_path, LINE | {"how": how}, LINE, few=few)

    refused = tables["quarantine"].select("column", "reason", "found").unique().rows()
    assert refused == [("how", "wrong_type", found)]
    assert figures.quarantined * 2 == figures.lines


@pytest.mark.parametrize("few", [True, False])
def test_keys_deeper_than_what_is_read_are_told_to_nobody(tmp_path, few):
    customer = {"id": "ana", "of": {"Jane": 2}, "Jane Poe": 3}
    more = {"balances": {"Jane Doe": {"at": 1}}, "customer": customer}

    figures, _ = read(tmp_path, LINE | more, few=few)

    assert figures.dropped_fields == ["balances", "customer.of", "xxxxxxxx.xxxx xxx"]


def test_a_key_that_stands_twice_is_told_no_further(tmp_path):
    _, tables = load(tmp_path, FIFTH, '{"id":"e1","x":{"Jane Roe":1,"Jane Roe":2}}\n', MAPPING)

    assert tables["quarantine"].select("column", "found").rows() == [("x", "x")]
