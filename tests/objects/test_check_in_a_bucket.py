"""`limitwise source check` of landing files that lie in a bucket, as a person runs it."""

import json

import pytest

from tests.intake.landing_folder import HEAD
from tests.objects.servers import BUCKET
from warehouse.commands.command_line import main

LINKED = f"""{HEAD}
[[file]]
name = "loans"
path = "loans.csv"
format = "csv"
encoding = "windows-1252"
every = "once"

[[file]]
name = "returns"
path = "returns/{{month}}.csv"
format = "csv"
every = "month"
optional = true

  [[file.event]]
  event_id = "id"
  user_id = {{ column = "loan", codes = {{ file = "loans", key = "loan", value = "user" }} }}
  occurred_at = {{ column = "on", format = "%Y-%m-%d", zone = "Europe/Paris" }}
  event_type = {{ is = "refund" }}
  amount_cents = {{ column = "sum", unit = "main" }}
"""
RETURNS = "returns/2026-10.csv"


@pytest.fixture
def lands(s3, tmp_path, monkeypatch):
    """Return a function that puts a landing file into the bucket that the settings point at."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/shop.toml").write_text(LINKED)
    prefix = f"landing/{tmp_path.name}"
    settings = {
        "LIMITWISE_LANDING": f"s3://{BUCKET}/{prefix}",
        "LIMITWISE_SOURCES": str(tmp_path / "sources"),
        "LIMITWISE_LAKE": str(tmp_path / "no lake yet"),
        "LIMITWISE_CACHE": str(tmp_path / "cache"),
    }
    for name, value in (settings | s3.environment()).items():
        monkeypatch.setenv(name, value)
    return lambda path, content: s3.overwrite(f"{prefix}/{path}", content)


def test_a_file_is_checked_with_its_code_table_and_no_copy_stays(lands, capsys, tmp_path):
    lands("loans.csv", "loan,user\nl1,andré\n".encode("windows-1252"))
    lands(RETURNS, b"id,loan,on,sum\nr1,l1,2026-10-05,12.50\nr2,l9,2026-10-05,1\n")

    code = main(["source", "check", RETURNS, "--json"])

    found = json.loads(capsys.readouterr().out)
    assert (code, found["loaded"], found["quarantined"]) == (0, 1, 1)
    assert found["rows"]["events"][0]["user_id"] == "andré"
    assert found["rows"]["events"][0]["occurred_at"] == "2026-10-05T00:00:00+02:00"
    assert list((tmp_path / "cache").rglob("*.csv")) == []


def test_the_list_counts_the_files_of_the_bucket(lands, capsys):
    lands("loans.csv", b"loan,user\n")
    lands("other.txt", b"")

    main(["source", "check", "--json"])

    rows = json.loads(capsys.readouterr().out)
    assert [(row["section"], row["path"], row["files"]) for row in rows] == [
        ("loans", "loans.csv", 1),
        ("returns", "returns/{month}.csv", 0),
        (None, "other.txt", 1),
    ]


def test_a_file_of_another_encoding_is_named(lands, capsys):
    lands("loans.csv", "loan,user\nl1,andré\n".encode("utf-16"))

    code = main(["source", "check", "loans.csv"])

    assert code == 1
    assert capsys.readouterr().err.startswith(
        "Landing file loans.csv: it is read as windows-1252, but it begins with the byte order "
        "mark of UTF-16. Declare encoding = \"utf-16\" in file 'loans' of the source shop."
    )
