"""A file that some months do not have: declared so, and told whenever it is not there."""

import json
import logging

import pytest

from tests.intake.extracting import NOVEMBER, Lender
from tests.intake.landing_folder import HEAD, put, source
from tests.intake.lender import MAPPING
from transforms.errors import RefusedError
from warehouse.commands.command_line import main
from warehouse.store.audit import Chain

EVENT = """
  [[file.event]]
  event_id = "id"
  user_id = "user"
  occurred_at = { column = "on", format = "%Y-%m-%d", zone = "Asia/Shanghai" }
  event_type = { is = "login" }
"""
SALES = f"""
[[file]]
name = "sales"
path = "sales/{{month}}.csv"
format = "csv"
every = "month"
{EVENT}"""
RETURNS = SALES.replace("sales", "returns").replace('csv"\nevery', 'csv"\noptional = true\nevery')


@pytest.fixture
def lender(tmp_path):
    lender = Lender(tmp_path, shop=HEAD + SALES + RETURNS)
    for month in ("2026-10", "2026-11"):
        put(lender.landing, f"sales/{month}.csv", f"id,user,on\n{month},ana,{month}-05\n")
    return lender


def absent(lender):
    return [entry.figures.get("absent") for entry in Chain.read(lender.lake).entries]


def test_a_month_without_an_optional_file_is_extracted_and_the_entry_says_so(lender):
    lender.extract()

    assert absent(lender) == [["returns/2026-10.csv"]]


def test_a_month_that_has_it_reads_it(lender):
    lender.extract()
    put(lender.landing, "returns/2026-11.csv", "id,user,on\nr1,ana,2026-11-06\n")

    lender.extract(NOVEMBER)

    assert sorted(lender.rows("events", NOVEMBER)["event_id"]) == ["2026-11", "r1"]
    assert absent(lender)[1:] == [None]


def test_a_file_that_is_not_optional_stops_the_run_and_the_message_names_the_way_out(lender):
    (lender.sources / "shop.toml").write_text(HEAD + SALES + RETURNS.replace("optional = true", ""))

    with pytest.raises(RefusedError, match=r"returns/2026-10.csv. .* declare optional = true"):
        lender.extract()


def test_to_declare_it_reads_no_file_again(lender):
    required = HEAD + SALES + RETURNS.replace("optional = true", "")

    assert source(required).digest == source(HEAD + SALES + RETURNS).digest


def test_the_list_of_mappings_shows_which_files_are_optional(lender, capsys, monkeypatch):
    monkeypatch.setenv("LIMITWISE_LANDING", str(lender.landing))
    monkeypatch.setenv("LIMITWISE_SOURCES", str(lender.sources))

    main(["source", "check", "--json"])

    rows = json.loads(capsys.readouterr().out)
    assert [(row["section"], row["optional"], row["files"]) for row in rows] == [
        ("sales", False, 2),
        ("returns", True, 0),
    ]


def test_the_run_names_what_is_absent(lender_with, caplog):
    shop = lender_with()
    shop.map(MAPPING.format(on_conflict="quarantine") + RETURNS)
    shop.put("a", "e1 ana 2026-10-05 100")

    with caplog.at_level(logging.INFO, "limitwise"):
        shop.extract("2026-10")

    assert "optional files that are not there: returns/2026-10.csv" in caplog.text


def test_a_file_in_which_others_look_something_up_cannot_be_optional():
    looks_up = (
        'user_id = { column = "user", codes = { file = "returns", key = "id", value = "user" } }'
    )
    mapping = HEAD + SALES.replace('user_id = "user"', looks_up) + RETURNS

    with pytest.raises(RefusedError, match="others look something up in file 'returns', so it"):
        source(mapping)
