"""Accounts of a month: of several rows of a user the newest known by then counts."""

import gzip

import polars as pl
import pytest

from tests.intake.lender import Lender
from transforms.errors import RefusedError
from transforms.months import month_of

HEAD = """
source = "shop"
mode = "shadow"
credit_from = "ledger"

[[file]]
name = "sales"
path = "sales_{month}.csv"
format = "csv"
every = "month"

  [[file.event]]
  event_id = "id"
  user_id = "user"
  occurred_at = { column = "day", format = "%Y-%m-%d", zone = "Asia/Shanghai" }
  event_type = { is = "login" }

[[file]]
name = "customers"
format = "csv"
"""
ACCOUNT = """
  [[file.account]]
  user_id = "user"
  segment = { is = "consumer" }
  region = "city"
  known_on = "since"
"""
ONCE = HEAD + 'path = "customers.csv"\nevery = "once"\n' + ACCOUNT
MONTHLY = HEAD + 'path = "customers_{month}.csv"\nevery = "month"\n' + ACCOUNT
BEGUN = """
  [[file.event]]
  event_id = "user"
  user_id = "user"
  occurred_at = { column = "since", format = "%Y-%m-%d", zone = "Asia/Shanghai" }
  event_type = { is = "login" }
"""
PEOPLE = """
[[file]]
name = "people"
path = "people.csv"
format = "csv"
every = "once"
"""
MONTHS = ("2025-03", "2025-04", "2025-05")


class Shop(Lender):
    def extract_month(self, month: str, name: str, *customers: str) -> None:
        """Deliver a month without sales and a file of customers, and extract it."""
        self.deliver(f"sales_{month}", "id,user,day")
        self.deliver(name, "user,city,since", *customers)
        self.extract(month)

    def cities(self, month: str) -> dict[str, str]:
        rows = pl.read_parquet(self.chain.paths("accounts", month_of(month)))
        return dict(rows.select("user_id", "region").sort("user_id").iter_rows())


@pytest.fixture
def shop(lender_with) -> Shop:
    shop = lender_with(Shop)
    shop.map(ONCE)
    return shop


OLD, NEW = "ana,Lyon,2024-02-01", "ana,Nice,2025-04-10"


def test_a_file_that_grows_turns_no_user_back_to_an_older_row(shop):
    shop.extract_month("2025-03", "customers", OLD)
    shop.extract_month("2025-04", "customers", OLD, NEW)
    shop.extract_month("2025-05", "customers", OLD, NEW, "bo,Nice,2025-05-02")

    assert [shop.cities(month) for month in MONTHS] == [
        {"ana": "Lyon"},
        {"ana": "Nice"},
        {"ana": "Nice", "bo": "Nice"},
    ]


def test_a_user_of_before_the_first_month_stays_in_it_however_often_the_file_comes(shop):
    shop.extract_month("2025-03", "customers", OLD, "dai,Lyon,2023-01-01")
    shop.decide("2025-03")
    shop.extract_month("2025-04", "customers", OLD, "dai,Lyon,2023-01-01", "eve,Lyon,2025-04-01")

    assert [shop.cities(month) for month in MONTHS[:2]] == [
        {"ana": "Lyon", "dai": "Lyon"},
        {"ana": "Lyon", "dai": "Lyon", "eve": "Lyon"},
    ]


def test_a_corrected_file_takes_back_every_account_that_it_gave(shop):
    shop.extract_month("2025-03", "customers", OLD, "an4,Lyon,2025-03-05")
    shop.extract_month("2025-04", "customers", OLD.replace("Lyon", "Metz"), "bo,Lyon,2025-03-05")

    assert [shop.cities(month) for month in MONTHS[:2]] == [{"ana": "Metz", "bo": "Lyon"}] * 2


def test_a_late_row_of_one_user_turns_no_other_user_back(shop):
    shop.map(MONTHLY)
    shop.extract_month("2025-03", "customers_2025-03", "ana,Lyon,2024-02-01")
    shop.extract_month("2025-04", "customers_2025-04", "ana,Nice,2024-02-01")
    shop.extract_month("2025-05", "customers_2025-05", "bo,Metz,2025-04-05")

    both = {"ana": "Nice", "bo": "Metz"}
    assert [shop.cities(month) for month in MONTHS] == [{"ana": "Lyon"}, both, both]


def test_a_file_that_is_packed_is_not_gone(shop):
    shop.extract_month("2025-03", "customers", OLD, "an4,Lyon,2025-03-05")
    (shop.home / "landing/customers.csv").unlink()
    packed = gzip.compress(f"user,city,since\n{OLD}\n".encode())
    (shop.home / "landing/customers.csv.gz").write_bytes(packed)
    shop.extract("2025-03")
    (shop.home / "landing/customers.csv.gz").write_bytes(gzip.compress(b"user,city,since\n"))
    shop.extract("2025-03")

    assert shop.cities("2025-03") == {}


def test_accounts_of_a_file_that_gives_none_any_more_go(shop):
    shop.map(ONCE.replace('user_id = "user"\n  segment', 'user_id = "city"\n  segment'))
    shop.extract_month("2025-03", "customers", OLD)
    shop.map(ONCE.replace(ACCOUNT, BEGUN) + PEOPLE + ACCOUNT)
    shop.deliver("people", "user,city,since", "bo,Metz,2025-03-05")
    shop.extract("2025-03")

    assert shop.cities("2025-03") == {"bo": "Metz"}


def test_a_file_of_accounts_that_becomes_a_mere_table_leaves_nobody_out(shop):
    table = ONCE.replace(ACCOUNT, "") + PEOPLE + ACCOUNT
    table = table.replace(
        '"city"',
        '{ column = "user", codes = { file = "customers", key = "user", value = "city" } }',
    )
    shop.extract_month("2025-03", "customers", OLD)
    for month in ("2025-04", "2025-05", "2025-06", "2025-07", "2025-08"):
        shop.deliver(f"sales_{month}", "id,user,day")
    shop.extract("2025-08")
    shop.decide("2025-08")
    shop.map(table)
    shop.deliver("people", "user,since", "ana,2024-02-01")
    shop.extract("2025-08")

    assert [shop.cities(f"2025-{month:02d}") for month in range(3, 9)] == [{"ana": "Lyon"}] * 6


def test_bad_lines_that_were_borne_do_not_stop_a_correction(shop):
    shop.map(MONTHLY)
    good = [f"u{n},Lyon,2025-03-05" for n in range(1_500)]
    bad = [f"b{n},Lyon,31.13.2025" for n in range(15)]
    shop.extract_month("2025-03", "customers_2025-03", *good, *bad)
    shop.extract_month("2025-04", "customers_2025-04", "ana,Lyon,2025-04-05", *bad)
    shop.extract_month("2025-04", "customers_2025-04", "ana,Nice,2025-04-05", *bad)

    assert shop.cities("2025-04")["ana"] == "Nice"


def test_a_file_that_is_gone_keeps_what_it_gave_when_another_is_corrected(shop):
    shop.map(MONTHLY)
    shop.extract_month("2025-03", "customers_2025-03", OLD)
    shop.extract_month("2025-04", "customers_2025-04", "bo,Lyon,2025-04-02")
    (shop.home / "landing/customers_2025-03.csv").unlink()
    shop.extract_month("2025-04", "customers_2025-04", "bo,Metz,2025-04-02")

    assert shop.cities("2025-04") == {"ana": "Lyon", "bo": "Metz"}


def test_months_one_by_one_give_what_all_at_once_give(shop, tmp_path, monkeypatch):
    shop.map(MONTHLY)
    delivered = {
        "2025-03": (OLD, "bo,Lyon,2025-03-02"),
        "2025-04": (NEW, "chen,Lyon,2025-03-09"),
        "2025-05": ("bo,Metz,2025-05-01", "ana,Lens,2025-03-01"),
    }
    for month, rows in delivered.items():
        shop.extract_month(month, f"customers_{month}", *rows)
    one_by_one = [shop.cities(month) for month in MONTHS]

    monkeypatch.setenv("LIMITWISE_LAKE", str(tmp_path / "other/lake"))
    (tmp_path / "other").mkdir()
    other = Shop(tmp_path / "other")
    other.extract("2025-05")

    assert one_by_one == [other.cities(month) for month in MONTHS]
    assert one_by_one[2] == {"ana": "Nice", "bo": "Metz", "chen": "Lyon"}


def test_a_row_that_comes_late_changes_nothing_that_is_known_to_be_newer(shop):
    shop.map(MONTHLY)
    shop.extract_month("2025-03", "customers_2025-03", "ana,Nice,2025-03-20")
    shop.decide("2025-03")
    shop.extract_month("2025-04", "customers_2025-04", "ana,Lyon,2024-02-01")

    assert [shop.cities(month) for month in MONTHS[:2]] == [{"ana": "Nice"}] * 2


def test_an_event_of_before_the_first_month_stays_in_it_when_its_file_is_corrected(shop):
    shop.deliver("sales_2025-03", "id,user,day", "e1,ana,2024-06-01")
    shop.deliver("customers", "user,city,since", OLD)
    shop.extract("2025-03")
    shop.decide("2025-03")
    shop.deliver("sales_2025-03", "id,user,day", "e1,ana,2024-06-01", "e2,ana,2025-03-09")
    shop.deliver("sales_2025-04", "id,user,day")
    shop.extract("2025-04")

    events = [[event for event, _, _ in shop.sales(month)] for month in MONTHS[:2]]
    assert events == [["e1", "e2"], []]


def test_a_lake_of_an_earlier_version_is_refused_in_words(shop):
    shop.extract_month("2025-03", "customers", OLD)
    for path in shop.chain.paths("accounts", month_of("2025-03")):
        pl.read_parquet(path).drop("known_on").write_parquet(path)

    with pytest.raises(RefusedError, match="written by an earlier version .*known_on.* new lake"):
        shop.extract_month("2025-04", "customers", OLD)
