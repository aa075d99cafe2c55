"""`limitwise source check`: what a mapping would make of a file, before anything is extracted."""

import json

import pytest

from tests.intake.extracting import Lender
from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, SIDE_BY_SIDE, line, put
from warehouse.commands.command_line import main
from warehouse.store.folder import Folder
from warehouse.store.lake import create_lake

LOOKED_UP = """
[[file]]
name = "loans"
path = "loans.csv"
format = "csv"
every = "once"

[[file]]
name = "visits"
path = "visits.jsonl"
format = "jsonl"
every = "once"

  [[file.event]]
  event_id = "id"
  user_id = { column = "loan", codes = { file = "loans", key = "loan", value = "user" } }
  occurred_at = "at"
  event_type = { is = "login" }
"""


@pytest.fixture
def lender(tmp_path, monkeypatch):
    lender = Lender(tmp_path / "home", shop=BEHAVIOUR)
    monkeypatch.setenv("LIMITWISE_LANDING", str(lender.landing))
    monkeypatch.setenv("LIMITWISE_SOURCES", str(lender.sources))
    monkeypatch.setenv("LIMITWISE_LAKE", str(tmp_path / "no lake yet"))
    return lender


def checked(capsys, *arguments):
    code = main(["source", "check", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_file_is_shown_as_it_would_be_loaded_dropped_and_quarantined(lender, capsys):
    content = [
        line(id='"a"', secret="1"),
        line(id='"a"', secret="2"),
        line(id='"b"', amount="-1"),
        line(id='"c"', amount="7.5", at='"2026-10-05T09:00:00Z"'),
        line(id='"d"', kind='"in"', amount=""),
        "",
        line(id='"d"', kind='"in"', amount="", user='"bo"'),
    ]
    put(lender.landing, FIFTH, "\n".join(content) + "\n")

    code, found = checked(capsys, FIFTH)

    assert code == 0
    assert (found["source"], found["section"]) == ("shop", "behaviour")
    assert found["period"] == ["2026-10-05", "2026-10-05"]
    sums = [found[name] for name in ("lines", "loaded", "quarantined", "duplicate", "blank")]
    assert sums == [7, 2, 3, 1, 1]
    assert found["dropped_fields"] == ["secret"]
    assert [(r["reason"], r["lines"], r["source_line"]) for r in found["refusals"]] == [
        ("conflicting_event_id", 2, 5),
        ("negative_amount", 1, 3),
    ]
    assert found["event_types"][0] == {
        "event_type": "purchase",
        "events": 2,
        "first_occurred_at": "2026-10-05T08:31:07+08:00",
        "last_occurred_at": "2026-10-05T17:00:00+08:00",
        "amount_cents": 1_250 + 750,
    }
    assert found["rows"]["events"][0]["event_id"] == "a"
    assert found["whole"] is True


def test_an_event_counts_once_and_not_at_all_if_its_copies_contradict_each_other(lender, capsys):
    content = [line(id='"a"'), line(id='"a"'), line(id='"b"'), line(id='"b"', amount="7")]
    put(lender.landing, FIFTH, "\n".join(content) + "\n")

    _, found = checked(capsys, FIFTH)

    sums = [found[name] for name in ("loaded", "duplicate", "quarantined", "events")]
    assert sums == [1, 1, 2, 1]
    assert [row["event_id"] for row in found["rows"]["events"]] == ["a"]


def test_only_the_first_lines_are_looked_at(lender, capsys):
    put(lender.landing, FIFTH, "".join(line(id=f'"{i}"') + "\n" for i in range(9)))

    _, found = checked(capsys, FIFTH, "--lines", "4")

    assert (found["lines"], found["loaded"], found["whole"]) == (4, 4, False)


def test_the_header_of_a_csv_file_is_no_line(lender, capsys):
    (lender.sources / "shop.toml").write_text(LIMITS)
    put(lender.landing, "limits/2026-10.csv", "user,date,limit\nana,2026-10-31,5\nbo,x,5\n")

    _, found = checked(capsys, "limits/2026-10.csv", "--lines", "1")

    assert (found["lines"], found["loaded"]) == (1, 1)


def test_too_many_bad_lines_end_with_1(lender, capsys):
    (lender.sources / "shop.toml").write_text("bad_lines_allowed = 1\n" + BEHAVIOUR)
    put(lender.landing, FIFTH, f"{line()}\nx\ny\n")

    code, found = checked(capsys, FIFTH)

    assert (code, found["bad_bps"], found["too_bad"]) == (1, 6_666, True)


def test_the_text_says_what_the_json_says(lender, capsys):
    put(lender.landing, FIFTH, f"{line(secret='1', device='')}\nx\n")

    main(["source", "check", str(lender.landing / FIFTH)])

    told = capsys.readouterr().out
    assert f"{FIFTH}: source shop, files behaviour (jsonl, utf-8; 2026-10-05). Times are" in told
    assert "All 2 lines: 1 loaded, 1 quarantined, 0 duplicate, 0 blank." in told
    assert "Dropped, never stored: secret." in told
    assert "not_json: The line is not JSON." in told
    assert "Read, but in none of these lines: channel, device." in told


def test_nothing_is_written(lender, capsys, tmp_path):
    put(lender.landing, FIFTH, line() + "\n")
    before = sorted(tmp_path.rglob("*"))

    main(["source", "check", FIFTH])

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "behavior/2026-10-05.jsonl",
            "not in {landing}. Did you mean 'behaviour/2026-10-05.jsonl'?",
        ),
        (
            "behaviour/2026-10-15.jsonl",
            "not in {landing}. Did you mean 'behaviour/2026-10-15.jsonl.gz'?",
        ),
        ("2026-10-05.jsonl", "no mapping reads it. The nearest path is 'behaviour/{{date}}.jsonl'"),
        ("../sources/shop.toml", "lies outside the landing folder"),
    ],
)
def test_a_file_that_no_mapping_reads_is_refused_with_the_nearest(lender, capsys, path, message):
    put(lender.landing, FIFTH, "")
    put(lender.landing, "behaviour/2026-10-15.jsonl.gz", "")
    put(lender.landing, "2026-10-05.jsonl", "")

    code = main(["source", "check", path])

    assert code == 1
    assert message.format(landing=lender.landing) in capsys.readouterr().err


def test_every_mapping_must_be_right_and_without_a_file_all_are_listed(lender, capsys):
    put(lender.landing, FIFTH, "")
    put(lender.landing, "other.txt", "")

    code, rows = checked(capsys)
    (lender.sources / "wrong.toml").write_text("source = 7\n")
    refused = main(["source", "check", FIFTH])

    assert (code, refused) == (0, 1)
    assert [(row["section"], row["path"], row["files"]) for row in rows] == [
        ("behaviour", "behaviour/{date}.jsonl", 1),
        (None, "other.txt", 1),
    ]
    assert "sources/wrong.toml line 1: " in capsys.readouterr().err


def test_only_a_code_table_that_the_file_is_looked_up_in_is_read(lender, capsys):
    (lender.sources / "shop.toml").write_text(BEHAVIOUR + LOOKED_UP)
    put(lender.landing, "loans.csv", "no header of loans\n")
    put(lender.landing, "visits.jsonl", "")
    put(lender.landing, FIFTH, line() + "\n")

    code, found = checked(capsys, FIFTH)

    assert (code, found["loaded"]) == (0, 1)
    assert main(["source", "check", "visits.jsonl"]) == 1
    assert "Landing file loans.csv line 1: no field 'loan'" in capsys.readouterr().err


def test_two_sources_that_read_one_file_are_named(lender, capsys):
    (lender.sources / "mall.toml").write_text(BEHAVIOUR.replace('"shop"', '"mall"'))
    put(lender.landing, FIFTH, "")

    assert main(["source", "check", FIFTH]) == 1
    assert "the sources mall and shop read it." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("keys", "lines", "said"),
    [
        ("", [line()], "No line is bad."),
        (
            "most_bad_bps = 5000",
            [line(), "x"],
            "1 of 2 lines are bad (50.00 %): within the 50.00 % that the source allows "
            "(most_bad_bps).",
        ),
        (
            "bad_lines_allowed = 1",
            [line(), "x"],
            "1 of 2 lines are bad (50.00 %): above the 1.00 % that the source allows "
            "(most_bad_bps), but up to 1 lines never stop a run (bad_lines_allowed).",
        ),
        (
            "bad_lines_allowed = 1",
            [line(), line(amount="7")],
            "2 of 2 lines are bad (100.00 %): above the 1.00 % that the source allows "
            "(most_bad_bps). A run that read only these of the section would stop.",
        ),
        (
            'on_conflict = "last"\nbad_lines_allowed = 0',
            [line(), line(amount="7")],
            "No line is bad.",
        ),
    ],
)
def test_the_share_of_bad_lines_is_within_what_is_declared_or_above_it(
    lender, capsys, keys, lines, said
):
    (lender.sources / "shop.toml").write_text(f"{keys}\n{BEHAVIOUR}")
    put(lender.landing, FIFTH, "\n".join(lines) + "\n")

    code = main(["source", "check", FIFTH])

    assert capsys.readouterr().out.strip().splitlines()[-1] == said
    assert code == int("would stop" in said)


def test_a_field_that_no_line_has_is_told_with_the_name_that_may_be_meant(lender, capsys):
    mapping = SIDE_BY_SIDE.replace("csv", "jsonl").replace("statement/{month}", "{mnoth}")
    (lender.sources / "shop.toml").write_text(mapping)
    put(lender.landing, "wide.jsonl", '{"ID":"7","BILL1":1,"BILL2":2}\n')

    _, found = checked(capsys, "wide.jsonl")

    assert found["absent_fields"] == [{"field": "mnoth", "nearest": "month"}]


PARIS = BEHAVIOUR.replace('"at"', '{ column = "at", zone = "Europe/Paris" }')


@pytest.mark.parametrize(
    ("lake", "mapping", "zone", "at"),
    [
        ("Africa/Lagos", PARIS, ("Africa/Lagos", "lake"), "01:31:07+01:00"),
        (None, PARIS, ("Europe/Paris", "mapping"), "02:31:07+02:00"),
        (None, BEHAVIOUR, ("Asia/Shanghai", "default"), "08:31:07+08:00"),
    ],
)
def test_times_are_shown_in_the_zone_of_the_lake_or_else_of_the_mapping(
    lender, capsys, monkeypatch, tmp_path, lake, mapping, zone, at
):
    if lake:
        create_lake(Folder(tmp_path / "a lake"), buckets=1, time_zone=lake)
        monkeypatch.setenv("LIMITWISE_LAKE", str(tmp_path / "a lake"))
    (lender.sources / "shop.toml").write_text(mapping)
    put(lender.landing, FIFTH, line() + "\n")

    _, found = checked(capsys, FIFTH)

    assert (found["time_zone"], found["time_zone_of"]) == zone
    assert found["rows"]["events"][0]["occurred_at"] == f"2026-10-05T{at}"


def test_a_file_of_a_header_only_says_that_nothing_happened(lender, capsys):
    (lender.sources / "shop.toml").write_text(LIMITS)
    put(lender.landing, "limits/2026-10.csv", "user,date,limit\n")

    assert main(["source", "check", "limits/2026-10.csv"]) == 0
    assert "The file has no lines: it says that nothing happened." in capsys.readouterr().out
