"""`limitwise quarantine`: which lines were refused, and why."""

import json

import pytest

from tests.intake.extracting import OCTOBER, Lender
from tests.intake.landing_folder import BEHAVIOUR, FIFTH, line, put
from transforms.errors import RefusedError
from warehouse.command_line import main
from warehouse.quarantine import quarantine_text, quarantined
from warehouse.status import status, status_text

MAPPING = BEHAVIOUR.replace('"day"', '"month"').replace("{date}", "{month}")
FILE = "behaviour/2026-10.jsonl"


@pytest.fixture
def lender(tmp_path):
    lender = Lender(tmp_path, shop=MAPPING)
    content = [line(id='"a"'), line(id='"b"', amount="-1", secret='"4111"'), "x", "y"]
    put(lender.landing, FILE, "\n".join(content) + "\n")
    lender.extract()
    return lender


def test_refused_lines_are_counted_by_reason_and_explained(lender):
    found = quarantined(lender.lake, OCTOBER)

    assert found["lines"] == 3
    assert found["counts"] == [
        {
            "source": "shop",
            "section": "behaviour",
            "reason": "not_json",
            "lines": 2,
            "meaning": "The line is not JSON.",
        },
        {
            "source": "shop",
            "section": "behaviour",
            "reason": "negative_amount",
            "lines": 1,
            "meaning": "The amount is below zero where it cannot be.",
        },
    ]
    assert found["examples"][0] == {
        "month": "2026-10",
        "file_path": FILE,
        "source_line": 2,
        "source": "shop",
        "column": "amount",
        "reason": "negative_amount",
        "found": "-1",
        "raw_line": line(id='"b"', amount="-1", secret='"9999"'),
        "section": "behaviour",
    }


def test_the_text_shows_each_line_and_says_what_to_do(lender):
    told = quarantine_text(quarantined(lender.lake))

    assert "3 lines are quarantined." in told
    assert f"{FILE} line 2, column amount: negative_amount: -1\n    {{" in told
    assert "run the newest month again: the whole file is extracted again" in told


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"reason": "not_json"}, 2),
        ({"file_path": FILE, "reason": "negative_amount"}, 1),
        ({"source": "shop"}, 3),
    ],
)
def test_lines_can_be_asked_for_by_source_file_and_reason(lender, asked, lines):
    assert quarantined(lender.lake, **asked)["lines"] == lines


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"reason": "no_json"}, "no line with reason 'no_json'. Did you mean 'not_json'?"),
        ({"file_path": FIFTH}, f"no line with file_path '{FIFTH}'. Did you mean '{FILE}'?"),
        ({"source": "shops"}, "Did you mean 'shop'?"),
    ],
)
def test_what_no_line_has_is_refused_with_the_nearest(lender, asked, message):
    with pytest.raises(RefusedError) as refused:
        quarantined(lender.lake, **asked)

    assert message in str(refused.value)


def test_a_month_without_facts_is_refused(lender):
    with pytest.raises(RefusedError, match="Month 2026-09: the lake has no facts of it."):
        quarantined(lender.lake, OCTOBER.replace(month=9))


def test_a_corrected_file_leaves_nothing_in_quarantine(lender):
    put(lender.landing, FILE, "".join(line(id=f'"{i}"') + "\n" for i in "abxy"))

    (record,) = lender.extract()

    assert (record["lines"], record["loaded"], record["quarantined"]) == (4, 4, 0)
    assert quarantine_text(quarantined(lender.lake)) == "No line is quarantined."


def test_a_corrected_mapping_extracts_the_whole_file_again(lender):
    put(lender.landing, FILE, "\n".join([line(id='"a"'), line(id='"b"', kind='"buy"'), ""]))
    before = lender.extract()
    (lender.sources / "shop.toml").write_text(MAPPING.replace("pay =", 'buy = "purchase", pay ='))

    after = lender.extract()

    assert [(r["loaded"], r["quarantined"]) for r in (*before, *after)] == [(1, 1), (2, 0)]
    assert lender.rows("events")["event_id"].to_list() == ["a", "b"]


def test_the_command_prints_json_and_shows_as_many_lines_as_asked(lender, monkeypatch, capsys):
    monkeypatch.setenv("LIMITWISE_LAKE", str(lender.lake.root))

    code = main(["quarantine", "2026-10", "--limit", "1", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert (code, found["lines"], len(found["examples"])) == (0, 3, 1)
    assert main(["quarantine", "--limit", "0"]) == 1


def test_status_names_the_fields_that_are_dropped(lender):
    found = status(lender.lake)

    assert found["dropped_fields"] == [
        {"source": "shop", "section": "behaviour", "fields": ["secret"]}
    ]
    assert "shop, files behaviour: dropped, never stored: secret." in status_text(found)


def test_a_line_once_refused_for_its_future_is_not_loaded_when_the_file_is_read_again(tmp_path):
    mapping = MAPPING.replace("behaviour/{month}", "all").replace('"month"', '"once"')
    lender = Lender(tmp_path, shop=mapping)
    later = line(id='"b"', at='"2026-11-01T08:00:00Z"')
    future = line(id='"c"', at='"2026-12-01T08:00:00Z"')
    put(lender.landing, "all.jsonl", "\n".join([line(id='"a"'), later, future, ""]))

    (first,) = lender.extract()
    (second,) = lender.extract(OCTOBER.replace(month=12))

    assert [(r["loaded"], r["quarantined"]) for r in (first, second)] == [(2, 1), (2, 1)]
    assert first["extracted_at"] == second["extracted_at"] == "2026-11-03T02:00:00+00:00"
    assert lender.rows("quarantine")["reason"].to_list() == ["after_its_file"]
    assert lender.rows("events", OCTOBER.replace(month=12)).is_empty()
