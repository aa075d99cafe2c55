"""Five public data sets through the real DAGs, by mapping alone, held against a plain count."""

import csv
import gzip
import json
import shutil
from collections import Counter, defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.worlds import World

DATA = Path(__file__).parents[2] / "../shared/data"
CENT = Decimal("0.01")
# Folder of the set, currency, zone, first and last month with limits.
SETS = {
    "superlender": ("NGN", "Africa/Lagos", "2016-12", "2017-02"),
    "berka93": ("CZK", "Europe/Prague", "1993-11", "1993-12"),
    "cardstatus": ("CNY", "Asia/Shanghai", "2019-11", "2019-12"),
    "onlineretail": ("GBP", "Europe/London", "2010-12", "2011-01"),
    "ecom": ("CNY", "UTC", "2024-05", "2024-06"),
}


@pytest.fixture(scope="module")
def world(request, tmp_path_factory, airflow_home) -> World:
    """Run the months of the set that the tests of a class are about, in a lake of its own."""
    name = request.param
    if not (DATA / name).is_dir():
        pytest.skip(f"the public data set is not at {DATA / name}")
    currency, zone, first, last = SETS[name]
    world = World(tmp_path_factory.mktemp(name), airflow_home)
    shutil.copytree(DATA / name, world.home / "landing")
    world.done("init", "--buckets", "1", "--time-zone", zone, "--currency", currency)
    world.done("run", first, "--to", last)
    return world


def about(name: str):
    """Let the tests of a class look at one set."""
    return pytest.mark.parametrize("world", [name], indirect=True, ids=[name], scope="module")


def lines_of(path: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a file of the data with the standard library alone."""
    with gzip.open(DATA / path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def intake(world: World) -> dict[str, dict]:
    """Return what the newest audit entry says of each landing file."""
    records = {}
    for path in sorted((world.lake / "audit").glob("*.json")):
        for record in json.loads(path.read_text()).get("intake", []):
            records[record["path"]] = record
    return records


def counted(world: World, path: str) -> tuple[int, int, int, int, int]:
    record = intake(world)[path]
    return tuple(record[n] for n in ("lines", "loaded", "quarantined", "duplicate", "blank"))


def asked(world: World, sql: str) -> list[dict]:
    return json.loads(world.done("query", sql, "--format", "json"))


def events_by_month(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """Return number of events and sum of cents, by month and type, as the lake has them."""
    rows = asked(
        world,
        "SELECT month, event_type, count(*) AS events, coalesce(sum(amount_cents), 0)::BIGINT AS "
        "cents FROM events GROUP BY ALL",
    )
    return {(row["month"], row["event_type"]): (row["events"], row["cents"]) for row in rows}


def added_up(rows) -> dict[tuple[str, str], tuple[int, int]]:
    """Return number and sum of (month, type, cents)."""
    numbers, cents = Counter(), Counter()
    for month, kind, amount in rows:
        numbers[month, kind] += 1
        cents[month, kind] += amount
    return {key: (number, cents[key]) for key, number in numbers.items()}


def limits(world: World) -> pl.DataFrame:
    return pl.read_parquet(world.lake / "limits/*/*.parquet", hive_partitioning=False)


@about("superlender")
class TestSuperlender:
    def test_every_loan_is_accounted_for_and_adds_up(self, world):
        loans = lines_of("superlender/prevloans.csv.gz")
        expected = []
        for loan in loans:
            begun, ended = loan["approveddate"][:7], loan["closeddate"][:7]
            amount, due = (int(Decimal(loan[n]) * 100) for n in ("loanamount", "totaldue"))
            expected += [(begun, "limit_in_force", amount), (begun, "drawdown", amount)]
            expected.append((ended, "statement", 0))
            if loan["termdays"] in ("15", "30"):
                expected += [(begun, "instalment_due", due), (ended, "repayment", due)]

        assert counted(world, "prevloans.csv.gz") == (len(loans), len(loans), 0, 0, 0)
        assert events_by_month(world) == added_up(row for row in expected if row[0] <= "2017-02")

    def test_the_lenders_own_movements_by_calendar_month_are_those_of_its_file(self, world):
        observed = defaultdict(dict)
        for row in sorted(
            lines_of("superlender/prevloans.csv.gz"), key=lambda r: r["approveddate"]
        ):
            cents = int(Decimal(row["loanamount"]) * 100)
            observed[row["customerid"]][row["approveddate"][:7]] = cents
        seen = asked(
            world,
            "SELECT user_id, month, limit_in_force_cents AS cents FROM credit_months "
            "WHERE cents IS NOT NULL",
        )
        in_lake = defaultdict(dict)
        for row in seen:
            in_lake[row["user_id"]][row["month"]] = row["cents"]

        moved = _moves(in_lake, "2017-02")

        assert in_lake == observed
        assert moved == _moves(observed, "2017-02")
        steps = sum(moved.values())
        assert [round(100 * moved[way] / steps) for way in ("up", "same", "down")] == [17, 81, 1]

    def test_limits_start_from_the_observed_one_and_rise_more_rarely_than_the_lenders(self, world):
        rows = limits(world)
        ours = rows["action"].value_counts(name="lines")
        ours = dict(ours.iter_rows())

        assert rows["mode"].unique().to_list() == ["shadow"]
        assert rows["decidable"].all()
        assert (rows["limit_before_cents"] == rows["limit_in_force_cents"]).all()
        assert {"raise", "hold", "lower"} <= ours.keys()
        assert 0 < ours["raise"] / rows.height < 0.17


def _moves(by_user: dict[str, dict[str, int]], until: str) -> Counter:
    """Count the steps of each user from each calendar month to the next, the last limit carried."""
    moved = Counter()
    for limits_of in by_user.values():
        months = [m for m in _months("2016-01", until) if m >= min(limits_of)]
        before = limits_of[months[0]]
        for month in months[1:]:
            now = limits_of.get(month, before)
            moved["up" if now > before else "down" if now < before else "same"] += 1
            before = now
    return moved


def _months(first: str, last: str) -> list[str]:
    every = [f"{year}-{month:02}" for year in range(1990, 2030) for month in range(1, 13)]
    return every[every.index(first) : every.index(last) + 1]


@about("berka93")
class TestBerka:
    def test_every_transaction_is_accounted_for_and_adds_up(self, world):
        rows = lines_of("berka93/trans.asc.gz", ";")
        by_symbol = dict.fromkeys(("SIPO", "POJISTNE", "SLUZBY"), "bill_payment")
        by_symbol |= {"UROK": "transfer_in", "SANKC. UROK": "fee"}
        by_operation = {
            "VKLAD": "cash_in",
            "VYBER": "cash_out",
            "PREVOD Z UCTU": "transfer_in",
            "PREVOD NA UCET": "transfer_out",
        }
        expected = added_up(
            (
                f"19{row['date'][:2]}-{row['date'][2:4]}",
                by_symbol.get(row["k_symbol"]) or by_operation[row["operation"]],
                int(Decimal(row["amount"]) * 100),
            )
            for row in rows
        )

        assert counted(world, "trans.asc.gz") == (len(rows), len(rows), 0, 0, 0)
        assert counted(world, "district.asc.gz") == (77, 77, 0, 0, 0)
        assert events_by_month(world) == expected

    def test_each_account_lies_in_the_region_of_its_district(self, world):
        region_of = {row["A1"]: row["A3"] for row in lines_of("berka93/district.asc.gz", ";")}
        accounts = [r for r in lines_of("berka93/account.asc.gz", ";") if r["date"] < "940101"]

        found = asked(world, "SELECT user_id, region FROM accounts WHERE month = '1993-12'")

        assert {row["user_id"]: row["region"] for row in found} == {
            row["account_id"]: region_of[row["district_id"]] for row in accounts
        }

    def test_first_limits_are_marked_indicative_wherever_they_are_shown(self, world):
        rows = limits(world)
        december = [r for r in lines_of("berka93/account.asc.gz", ";") if r["date"] < "940101"]

        assert rows["mode"].unique().to_list() == ["indicative"]
        assert set(rows["action"]) == {"grant", "decline"}
        assert rows["line_status"].unique().to_list() == ["applied"]
        assert rows["available_cents"].sum() == 0
        assert rows.filter(pl.col("as_of") == rows["as_of"].max()).height == len(december)
        assert rows.filter(pl.col("action") == "grant")["limit_cents"].n_unique() > 10
        granted = rows.filter(pl.col("action") == "grant", pl.col("as_of") == rows["as_of"].max())
        assert "This is indicative" in world.done("explain", granted["user_id"][0])
        assert "1993-12 (indicative)" in world.done("status")


@about("cardstatus")
class TestCardstatus:
    def test_every_account_month_is_accounted_for_in_its_month(self, world):
        rows = lines_of("cardstatus/credit_record.csv.gz")
        months = _months("2014-12", "2019-12")
        events = {"C": 3, "X": 2}  # the status; that nothing is owed; that all was repaid
        expected = Counter()
        for row in rows:
            expected[months[60 + int(row["MONTHS_BALANCE"])]] += events.get(row["STATUS"], 1)

        found = Counter()
        for (month, _), (n, _) in events_by_month(world).items():
            found[month] += n

        assert counted(world, "credit_record.csv.gz") == (len(rows), len(rows), 0, 0, 0)
        assert found == expected

    def test_each_status_is_read_as_its_days_past_due(self, world):
        days = {"X": 0, "C": 0, "0": 1, "1": 30, "2": 60, "3": 90, "4": 120, "5": 150}
        expected = Counter(days[r["STATUS"]] for r in lines_of("cardstatus/credit_record.csv.gz"))

        sql = "SELECT value, count(*) AS n FROM events WHERE event_type = 'delinquency_status'"
        found = asked(world, f"{sql} GROUP BY ALL")

        assert {row["value"]: row["n"] for row in found} == expected

    def test_there_are_scores_and_warnings_and_no_limits(self, world):
        users = len({row["ID"] for row in lines_of("cardstatus/credit_record.csv.gz")})
        sql = "SELECT count(*) AS n, count(DISTINCT pd_ppm) AS pds FROM scores"

        (scores,) = asked(world, f"{sql} WHERE month = '2019-12'")
        signals = asked(world, "SELECT signal, count(*) AS n FROM warnings GROUP BY ALL")

        assert scores["n"] == users
        assert scores["pds"] > 20
        assert sum(row["n"] for row in signals) > 100
        assert limits(world).is_empty()
        refused = world.limitwise("explain", "5001712")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "there are scores and warnings only" in refused.stderr


@about("onlineretail")
class TestOnlineRetail:
    def test_every_item_is_loaded_a_copy_or_without_a_customer(self, world):
        rows = lines_of("onlineretail/online_retail.csv.gz")
        named = [row for row in rows if row["CustomerID"]]
        # Copies are known to be copies once their month is extracted.
        known = [tuple(row.values()) for row in named if row["InvoiceDate"] < "2011-02"]
        copies = len(known) - len(set(known))

        found = counted(world, "online_retail.csv.gz")

        nameless = len(rows) - len(named)
        assert found == (len(rows), len(named) - copies, nameless, copies, 0)
        assert copies > 500

    def test_purchases_and_refunds_add_up_to_the_cent(self, world):
        rows = lines_of("onlineretail/online_retail.csv.gz")
        once = {tuple(row.values()): row for row in rows if row["CustomerID"]}
        expected = []
        for row in once.values():
            amount = int(row["Quantity"]) * Decimal(row["UnitPrice"])
            cents = int(amount.quantize(CENT, ROUND_HALF_EVEN) * 100)
            kind = "refund" if row["InvoiceNo"].startswith("C") else "purchase"
            month = row["InvoiceDate"][:7]
            if month <= "2011-01":
                expected.append((month, kind, abs(cents)))

        assert events_by_month(world) == added_up(expected)

    def test_whoever_bought_has_a_score_and_nobody_a_limit(self, world):
        customers = {
            row["CustomerID"]
            for row in lines_of("onlineretail/online_retail.csv.gz")
            if row["CustomerID"] and row["InvoiceDate"] < "2011-02"
        }

        found = asked(world, "SELECT user_id FROM scores WHERE month = '2011-01'")

        assert {row["user_id"] for row in found} == customers
        assert limits(world).is_empty()


@about("ecom")
class TestEcom:
    def test_every_click_is_accounted_for_and_the_platforms_faults_are_nobodys(self, world):
        rows = lines_of("ecom/ecom.csv.gz")
        faults = ("error_page", "payment_error", "checkout_bug")
        clicks = [
            (row["session_id"], row["event"], row["timestamp"])
            for row in rows
            if row["event"] not in faults
        ]
        copies = len(clicks) - len(set(clicks))
        expected = added_up(
            (at[:7], "complaint" if event == "support_chat" else "login", 0)
            for _, event, at in set(clicks)
        )

        assert counted(world, "ecom.csv.gz") == (len(rows), len(rows) - copies, 0, copies, 0)
        assert events_by_month(world) == expected

    def test_everybody_who_clicked_has_a_score(self, world):
        users = {row["user_id"] for row in lines_of("ecom/ecom.csv.gz")}

        found = asked(world, "SELECT user_id FROM scores WHERE month = '2024-06'")

        assert {row["user_id"] for row in found} == users
