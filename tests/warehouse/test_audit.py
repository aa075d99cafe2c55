"""The audit chain: numbered, linked, and only as it was written."""

import json
from dataclasses import replace

import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    commit,
    identity,
    newest,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from warehouse.store.audit import Chain, Entry, append
from warehouse.store.digests import digest_of


@pytest.fixture
def lake(tmp_path):
    lake = tiny_lake(tmp_path)
    commit(lake, stage_events(lake, SEPTEMBER, intake=[{"path": "a.jsonl", "sha256": "1"}]))
    commit(lake, stage_limits(lake, SEPTEMBER, 100, reads=[1]))
    commit(lake, stage_limits(lake, OCTOBER, 200, reads=[1, 2]))
    return lake


def path_of(lake, number):
    return lake.path(f"audit/{number:08d}.json")


def test_a_lake_without_entries_has_an_empty_chain(tmp_path):
    chain = Chain.read(tiny_lake(tmp_path))

    assert (chain.newest, chain.newest_hash, chain.first_month) == (0, "", None)
    assert chain.head("limits", SEPTEMBER) is None
    assert chain.files("limits", SEPTEMBER) == ()


def test_entries_are_numbered_from_one_and_each_holds_the_hash_of_the_one_before(lake):
    entries = Chain.read(lake).entries

    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous_hash for entry in entries] == ["", entries[0].hash, entries[1].hash]


def test_the_hash_of_an_entry_is_that_of_the_rest_of_it(lake):
    plain = json.loads(path_of(lake, 2).read_bytes())

    stated = plain.pop("hash")

    assert stated == digest_of(plain)


def test_an_entry_says_what_was_committed(lake):
    entry = newest(lake)

    assert (entry.kind, entry.months, entry.reads) == ("limits", (OCTOBER,), (1, 2))
    assert entry.inputs_id == identity("first")
    assert {file.published for file in entry.files} == {
        "limits/month=2026-10/limits.parquet",
        "warnings/month=2026-10/warnings.parquet",
    }
    assert entry.run == {"run_id": "a test", "recorded_at": "2026-11-03T02:00:00+00:00"}


def test_a_chain_answers_from_the_newest_entry_of_each_month(lake):
    commit(lake, stage_limits(lake, OCTOBER, 300, "revised"))
    commit(lake, stage_events(lake, AUGUST, intake=[{"path": "a.jsonl", "sha256": "2"}]))

    chain = Chain.read(lake)

    assert {month: entry.number for month, entry in chain.heads("limits").items()} == {
        SEPTEMBER: 2,
        OCTOBER: 4,
    }
    assert newest(lake).supersedes == ()
    assert chain.entries[3].supersedes == (3,)
    assert chain.months("events") == (AUGUST, SEPTEMBER)
    assert (chain.first_month, chain.newest_limits_month) == (SEPTEMBER, OCTOBER)
    assert chain.holder("limits", OCTOBER).number == 4
    assert chain.paths("limits", OCTOBER)[0].startswith(str(lake.root))
    assert chain.accounted() == {"a.jsonl": {"path": "a.jsonl", "sha256": "2"}}


def test_a_number_is_taken_once(lake):
    entry = newest(lake)

    assert not append(lake, entry)
    assert Chain.read(lake).entries[-1] == entry


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_entry_before_others_is_named(lake, number):
    path_of(lake, number).unlink()

    with pytest.raises(RefusedError, match=f"0000000{number}.json: is missing, and later"):
        Chain.read(lake)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"{}", b"[]", b"null", b"\xff", b'{"hash": NaN}', b"{"],
    ids=repr,
)
def test_an_entry_of_something_else_is_named(lake, content):
    path_of(lake, 2).write_bytes(content)

    with pytest.raises(RefusedError, match="00000002.json: is not as it was written"):
        Chain.read(lake)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"rows": 4', b'"rows": 5'), (b"\n", b"\n "), (b'"kind"', b'"Kind"')],
    ids=["a figure", "a space", "a name"],
)
def test_a_changed_entry_is_named(lake, old, new):
    path = path_of(lake, 2)
    path.write_bytes(path.read_bytes().replace(old, new, 1))

    with pytest.raises(RefusedError, match="00000002.json: is not as it was written"):
        Chain.read(lake)


def test_an_entry_rewritten_with_its_hash_breaks_the_link_of_the_next(lake):
    entry = Chain.read(lake).entries[1]
    draft = entry.to_plain() | {"parameters": {"changed": True}}
    del draft["hash"]
    path_of(lake, 2).unlink()
    append(lake, Entry.sealed(draft))

    with pytest.raises(RefusedError, match="00000003.json: does not follow the entry before it"):
        Chain.read(lake)


def test_an_entry_under_another_number_is_noticed(lake):
    path_of(lake, 4).write_bytes(path_of(lake, 3).read_bytes())

    with pytest.raises(RefusedError, match="00000004.json: does not follow"):
        Chain.read(lake)


def test_entries_of_another_lake_are_noticed(lake, tmp_path):
    other = replace(lake, currency="EUR")

    with pytest.raises(RefusedError, match="00000001.json: belongs to a lake of other constants"):
        Chain.read(other)


def test_what_is_not_named_like_an_entry_is_no_entry(lake):
    for name in ("00000004.json.bak", "٠٠٠٠٠٠٠٩.json", "123456789.json", "x.json"):
        lake.path(f"audit/{name}").write_text("{}")

    assert Chain.read(lake).newest == 3
