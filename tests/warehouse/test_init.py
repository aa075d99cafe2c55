"""`limitwise init`: a lake is created as asked, once."""

import pytest

from transforms.errors import RefusedError
from warehouse.commands.command_line import main
from warehouse.monthly.extract import stage_events
from warehouse.store.lake import open_lake

JERSEY = ("--buckets", "2", "--time-zone", "Europe/Jersey", "--currency", "GBP")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMITWISE_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


def test_a_lake_is_created_as_asked_and_said(place, capsys):
    assert main(["init", *JERSEY]) == 0

    assert capsys.readouterr().out == f"Lake {place}: 2 buckets, Europe/Jersey, GBP.\n"


@pytest.mark.parametrize("asked", [(), JERSEY, JERSEY[:2]], ids=" ".join)
def test_the_same_or_nothing_asked_of_a_lake_that_is_there_says_what_it_is(place, capsys, asked):
    main(["init", *JERSEY])
    first = capsys.readouterr().out

    assert main(["init", *asked]) == 0
    assert capsys.readouterr().out == first


def test_something_else_asked_of_a_lake_that_is_there_is_refused(place, capsys):
    main(["init"])

    assert main(["init", *JERSEY]) == 1

    assert capsys.readouterr().err == (
        f"Lake {place}: is there already, with 16 buckets, Asia/Shanghai, CNY. You asked for "
        "2 buckets, Europe/Jersey, GBP. What a lake was created with stays: use it as it is, or "
        "set LIMITWISE_LAKE to where another one is to be created.\n"
    )
    assert open_lake(place).currency == "CNY"


def test_a_currency_without_a_rule_pack_is_told_at_once(place, capsys):
    assert main(["init", "--currency", "XTS"]) == 0

    assert capsys.readouterr().err == (
        "Warning: facts can be extracted, but no limit decided. Policies: no file in "
        "policies/packs is for XTS. Copy the nearest one there under a name of its own, write "
        'currency = "XTS" and what your law demands into it, and have it checked by counsel.\n'
    )


def test_a_run_before_init_names_it_and_creates_nothing(place):
    with pytest.raises(RefusedError, match="no lake.json there.*`limitwise init`"):
        stage_events("2026-10")

    assert not place.exists()


def test_the_command_refuses_a_run_before_init_without_starting_airflow(
    place, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))

    assert main(["run", "2026-10"]) == 1

    assert "no lake.json there" in capsys.readouterr().err
    assert not (tmp_path / "airflow").exists()
