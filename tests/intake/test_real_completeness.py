"""Real logs, cut as extracts are cut in life: what is missing is told with its figure."""

import csv
import gzip
import io
from pathlib import Path

import pytest

from tests.intake.lender import ROOT, Lender
from warehouse.monthly.extract import stage_events, validate_events
from warehouse.store.lake import open_lake
from warehouse.store.staging import Staging

DATA = ROOT / "../shared/data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}")

BANK = """
source = "bank"
mode = "shadow"
credit_from = "ledger"

[[file]]
name = "transactions"
path = "trans.asc"
format = "csv"
delimiter = ";"
every = "once"

  [[file.event]]
  event_id = "trans_id"
  user_id = "account_id"
  occurred_at = { column = "date", format = "%y%m%d", zone = "Europe/Prague" }
  event_type = { column = "type", codes = { PRIJEM = "cash_in", VYDAJ = "cash_out", \
VYBER = "cash_out" } }
  amount_cents = { column = "amount", unit = "main" }
"""
LOANS = """
source = "loans"
mode = "shadow"
credit_from = "ledger"

[[file]]
name = "loans"
path = "prevloans.csv"
format = "csv"
every = "once"

  [[file.event]]
  event_id = "systemloanid"
  user_id = "customerid"
  occurred_at = { column = "approveddate", format = "%Y-%m-%d %H:%M:%S%.f", zone = "Africa/Lagos" }
  event_type = { is = "drawdown" }
  amount_cents = { column = "loanamount", unit = "main" }

  [[file.expect]]
  what = "clocks"
  clock = { column = "approveddate", format = "%Y-%m-%d %H:%M:%S%.f", zone = "Africa/Lagos" }
  against = { column = "creationdate", format = "%Y-%m-%d %H:%M:%S%.f", zone = "Africa/Lagos" }
"""


def rows(path: str, delimiter: str) -> list[dict[str, str]]:
    """Return the rows of a file, each a dict of texts."""
    with gzip.open(DATA / path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def warned(lender: Lender, mapping: str, name: str, kept: list[dict[str, str]], month: str):
    """Extract a file of these rows; return what the checks warned of, by rule."""
    text = io.StringIO()
    source = mapping.split('"')[1]
    writer = csv.DictWriter(text, kept[0], delimiter=";" if source == "bank" else ",")
    writer.writeheader()
    writer.writerows(kept)
    (lender.home / "landing").mkdir()
    (lender.home / "landing" / name).write_text(text.getvalue())
    (lender.home / "sources/shop.toml").unlink()
    (Path(lender.home) / f"sources/{source}.toml").write_text(mapping)
    folder = validate_events(stage_events(month))
    notes = Staging.resume(open_lake(lender.home / "lake"), folder).notes
    return {w["expectation"]: w["message"] for w in notes["validation_events"]["warnings"]}


def bank(lender: Lender, kept) -> dict[str, str]:
    every = rows("berka93/trans.asc.gz", ";")
    return warned(lender, BANK, "trans.asc", [r for r in every if kept(r)], "1993-12")


def test_a_whole_year_of_a_bank_is_complete_with_its_weekends_and_month_ends(lender):
    assert bank(lender, lambda row: True) == {}


def test_an_extract_that_ends_before_the_last_day_is_told(lender):
    found = bank(lender, lambda row: row["date"] < "931225")

    assert found.keys() == {"ends_early"}
    assert "bank 1993-12, last events on 1993-12-24: 7 usual days" in found["ends_early"]


def test_a_last_day_without_what_the_bank_books_then_is_told(lender):
    found = bank(
        lender,
        lambda row: row["date"] != "931231" or row["k_symbol"] not in ("UROK", "SLUZBY"),
    )

    assert found.keys() == {"day_missing"}
    assert "the worst bank 1993-12-31: " in found["day_missing"]


def test_a_pay_day_at_a_twentieth_of_its_usual_volume_is_told(lender):
    found = bank(lender, lambda row: row["date"] != "931208" or int(row["trans_id"]) % 20 == 0)

    assert found.keys() == {"day_missing"}
    assert "1 days with hardly any events; the worst bank 1993-12-08: " in found["day_missing"]


def test_two_clocks_an_hour_apart_are_told(lender):
    found = warned(
        lender, LOANS, "prevloans.csv", rows("superlender/prevloans.csv.gz", ","), "2017-02"
    )

    assert "approveddate against creationdate: median 3,600 s apart in 9" in found["clocks_apart"]
    assert "looks like 1 h of time zone" in found["clocks_apart"]


def test_two_clocks_in_the_zones_that_they_are_in_agree(lender):
    both = rows("superlender/prevloans.csv.gz", ",")
    created_in_utc = "UTC".join(LOANS.rsplit("Africa/Lagos", 1))

    found = warned(lender, created_in_utc, "prevloans.csv", both, "2017-02")

    assert "clocks_apart" not in found
