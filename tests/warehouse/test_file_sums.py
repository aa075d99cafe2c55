"""`limitwise status --files`: what became of the lines of each landing file."""

import json

import pytest

from tests.intake.extracting import Lender
from tests.intake.landing_folder import BEHAVIOUR, line, put
from warehouse.commands.command_line import main

MAPPING = BEHAVIOUR.replace('"day"', '"month"').replace("{date}", "{month}")
FILE = "behaviour/2026-10.jsonl"


@pytest.fixture
def lender(tmp_path, monkeypatch):
    lender = Lender(tmp_path, shop=MAPPING)
    monkeypatch.setenv("LIMITWISE_LAKE", str(lender.lake.root))
    return lender


def test_the_sums_of_each_file_are_those_of_its_lines(lender, capsys):
    put(lender.landing, FILE, "\n".join([line(), line(), "x", "", line(id='"b"')]) + "\n")
    lender.extract()

    assert main(["status", "--files", "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == [
        {
            "file_path": FILE,
            "source": "shop",
            "section": "behaviour",
            "lines": 5,
            "loaded": 2,
            "quarantined": 1,
            "duplicate": 1,
            "blank": 1,
            "events": 2,
        }
    ]


def test_for_people_they_are_a_table_that_ends_with_all_files(lender, capsys):
    put(lender.landing, FILE, line() + "\nx\n")
    lender.extract()

    main(["status", "--files"])

    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == [
        *("file_path", "source", "section"),
        *("lines", "loaded", "quarantined", "duplicate", "blank", "events"),
    ]
    assert told[-1].split() == ["all", "2", "1", "1", "0", "0", "1"]


def test_a_lake_without_files_says_so(lender, capsys):
    main(["status", "--files"])

    assert capsys.readouterr().out == "No landing file was read yet.\n"
