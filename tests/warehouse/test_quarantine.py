"""`limitwise quarantine`: which lines were refused, and why."""

import json
from datetime import timedelta

import pytest

from tests.intake.extracting import BEGAN, OCTOBER, Lender
from tests.intake.landing_folder import BEHAVIOUR, FIFTH, line, put
from transforms.errors import RefusedError
from warehouse.answers.status import status, status_text
from warehouse.commands.command_line import main
from warehouse.intake.quarantine import quarantine_text, quarantined

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


@pytest.fixture
def too_bad(tmp_path):
    """A lender whose first run had too many bad lines."""
    lender = Lender(tmp_path, shop="bad_lines_allowed = 1\n" + MAPPING)
    content = [line(id='"a"'), line(id='"b"'), line(id='"b"', amount="7"), "x"]
    put(lender.landing, FILE, "\n".join(content) + "\n")
    with pytest.raises(RefusedError, match="`limitwise quarantine` shows all.*most_bad_bps"):
        lender.extract()
    return lender


def test_lines_of_a_run_that_had_too_many_bad_ones_are_shown_as_such(too_bad):
    found = quarantined(too_bad.lake)

    run = found["refused_run"]
    assert (found["lines"], run["month"], run["lines"]) == (0, "2026-10", 3)
    assert [(row["section"], row["reason"], row["lines"]) for row in run["counts"]] == [
        ("behaviour", "conflicting_event_id", 2),
        ("behaviour", "not_json", 1),
    ]
    assert quarantined(too_bad.lake, OCTOBER, reason="not_json")["refused_run"]["lines"] == 1
    told = quarantine_text(found)
    assert told.startswith(
        "No line is quarantined.\n\nThe last run, of 2026-10, had too many bad lines and published "
        "nothing. It refused 3 lines."
    )
    assert f"{FILE} line 4: not_json" in told


def test_a_run_that_publishes_ends_what_is_told_of_a_refused_one(too_bad):
    put(too_bad.landing, FILE, line() + "\n")
    too_bad.extract()

    assert quarantined(too_bad.lake)["refused_run"] is None


def test_the_newest_of_several_refused_runs_is_shown(too_bad):
    put(too_bad.landing, FILE, "x\ny\n")
    with pytest.raises(RefusedError):
        too_bad.stage(began=BEGAN + timedelta(hours=1))

    assert quarantined(too_bad.lake)["refused_run"]["lines"] == 2


def test_more_lines_than_are_shown_are_asked_for_by_limit(lender):
    some, every = (quarantine_text(quarantined(lender.lake, at_most=n)) for n in (2, 3))

    assert "The first 2; `--limit N` shows more (x is a masked letter" in some
    assert "All (x is a masked letter" in every
