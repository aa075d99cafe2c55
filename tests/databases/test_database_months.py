"""The demo's lender with its ledger and its accounts in PostgreSQL, through the real DAGs."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.worlds import World
from tests.databases.servers import Database

FROM_FILES = (World.sources / "demo.toml").read_text()
LEDGER = """
[[query]]
name = "ledger"
connection = "core_banking"
sql = \"\"\"
SELECT id, "user", at, kind, amount, due, loan, reverses, changed_at
FROM core.ledger WHERE survives(id);
\"\"\"
watermark = "changed_at"
columns = { id = "text", user = "text", at = "timestamptz", kind = "text", amount = "numeric", \
due = "date", loan = "text", reverses = "text", changed_at = "timestamptz" }
"""
ACCOUNTS = """
[[query]]
name = "accounts"
connection = "core_banking"
table = "core.accounts"
watermark = "known_on"
columns = { user = "text", borrower = "text", product = "text", opened_on = "date", \
applied_on = "date", segment = "text", region = "text", industry = "text", \
stated_income = "numeric", bureau_checked_on = "date", limit = "numeric", known_on = "date" }
"""


def from_database() -> str:
    """Return the demo's mapping with two of its sections asked of a database."""
    parts = FROM_FILES.split("[[file]]")
    for place, part in enumerate(parts):
        for name, query in (("ledger", LEDGER), ("accounts", ACCOUNTS)):
            if f'name = "{name}"' in part:
                templates = part[part.index("every") :].partition("\n")[2]
                parts[place] = query + templates.replace("[file.", "[query.").replace(
                    "[[file.", "[[query."
                )
    text = parts[0] + "".join(
        p if p.startswith("\n[[query]]") else f"[[file]]{p}" for p in parts[1:]
    )
    return text.replace("[[query.account]]", '[[query.account]]\n  known_on = "known_on"')


class Bank:
    """The demo's ledger and accounts as tables."""

    def __init__(self, database: Database, flag: Path):
        self.database = database
        database.act(
            "CREATE SCHEMA core",
            """CREATE TABLE core.ledger (
                id text, "user" text, at timestamptz, kind text, amount numeric, due date,
                loan text, reverses text, changed_at timestamptz)""",
            """CREATE TABLE core.accounts (
                "user" text, borrower text, product text, opened_on date, applied_on date,
                segment text, region text, industry text, stated_income numeric,
                bureau_checked_on date, "limit" numeric, known_on date)""",
            # The server ends the connection itself while a flag lies there.
            f"""CREATE FUNCTION survives(id text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
                SELECT CASE WHEN (pg_stat_file('{flag}', true)).size IS NULL THEN true
                ELSE pg_terminate_backend(pg_backend_pid()) END $$""",
        )

    def take_over(self, landing: Path, month: str) -> None:
        """Enter what the demo wrote of a month into the tables."""
        ledger = landing / f"ledger/{month}.jsonl"
        rows = [json.loads(line, parse_float=str) for line in ledger.read_text().splitlines()]
        names = ("id", "user", "at", "kind", "amount", "due", "loan", "reverses")
        self._load(
            pl.DataFrame(
                {n: [row.get(n) for row in rows] for n in names}, dict.fromkeys(names, pl.String)
            ),
            "core.ledger",
            'id, "user", at::timestamptz, kind, amount::numeric, due::date, loan, reverses, '
            "at::timestamptz + interval '1 minute'",
        )
        accounts = landing / f"accounts/{month}.csv"
        self._load(
            pl.read_csv(accounts, infer_schema=False).with_columns(month=pl.lit(f"{month}-01")),
            "core.accounts",
            '"user", borrower, product, opened_on::date, applied_on::date, segment, region, '
            'industry, stated_income::numeric, bureau_checked_on::date, "limit"::numeric, '
            "(month::date + interval '1 month - 1 day')::date",
        )

    def _load(self, rows: pl.DataFrame, table: str, columns: str) -> None:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.database.uri) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("loaded", rows.to_arrow(), mode="create")
            cursor.execute(f"INSERT INTO {table} SELECT {columns} FROM loaded")
            cursor.execute("DROP TABLE loaded")
            connection.commit()


class Lenders:
    """One demo, extracted twice: from files alone, and with two tables in a database."""

    def __init__(self, folder: Path, database: Database):
        self.flag = database.socket / "end-the-connection"
        self.bank = Bank(database, self.flag)
        self.uri = {"AIRFLOW_CONN_CORE_BANKING": database.uri}
        sources = folder / "sources"
        sources.mkdir()
        (sources / "demo.toml").write_text(from_database())
        self.by_file = World(folder / "by_file", folder / "airflow")
        self.by_query = World(folder / "by_query", folder / "airflow", sources=sources)
        for world in (self.by_file, self.by_query):
            world.home.mkdir()
            world.done("init", "--buckets", "1")

    def hand_over(self, *months: str) -> None:
        """Give the database what the files of some months hold."""
        for month in months:
            self.bank.take_over(self.by_file.home / "landing", month)


@pytest.fixture(scope="module")
def lenders(tmp_path_factory, server) -> Lenders:
    return Lenders(tmp_path_factory.mktemp("lenders"), server.database())


def limits(world: World) -> pl.DataFrame:
    rows = pl.read_parquet(world.lake / "limits/*/*.parquet", hive_partitioning=False)
    return rows.drop("inputs_id").sort("as_of", "user_id")


def newest_entry(world: World) -> dict:
    entries = [json.loads(path.read_text()) for path in sorted((world.lake / "audit").iterdir())]
    return [entry for entry in entries if entry["kind"] == "facts"][-1]


def pulled_files(world: World) -> list[Path]:
    return list((world.home / "landing").glob("pulled/**/*.gz"))


def test_months_from_a_database_are_those_from_files(lenders):
    by_file, by_query = lenders.by_file, lenders.by_query
    by_file.done("demo", "--users", "100", "--months", "2", "--until", "2026-04", "--seed", "5")
    by_file.done("run", "2026-04", "--to", "2026-05", "--demo")
    others = shutil.ignore_patterns("ledger", "accounts")
    shutil.copytree(by_file.home / "landing", by_query.home / "landing", ignore=others)
    lenders.hand_over("2026-03", "2026-04")

    missing = by_query.limitwise("run", "2026-04")
    lenders.flag.touch()
    lost = by_query.limitwise("run", "2026-04", more=lenders.uri)
    left = pulled_files(by_query)
    lenders.flag.unlink()
    by_query.done("run", "2026-04", more=lenders.uri)
    by_query.done("verify")

    assert missing.returncode == 1
    assert "Connection core_banking: Airflow has none. Add it: `airflow connections add" in (
        missing.stderr
    )
    assert (lost.returncode, left) == (1, [])
    assert "Connection core_banking: was lost" in lost.stderr or "terminating" in lost.stderr
    assert limits(by_query).height > 50
    assert limits(by_query).equals(limits(by_file).filter(pl.col("as_of") < date(2026, 5, 1)))


def test_the_sums_of_the_facts_are_those_of_the_tables(lenders):
    ((rows, cents),) = lenders.bank.database.rows(
        "SELECT (SELECT count(*) FROM core.ledger), sum(amount * 100)::bigint "
        "FROM (SELECT DISTINCT id, amount FROM core.ledger) once"
    )

    entry = newest_entry(lenders.by_query)

    (intake,) = [record for record in entry["intake"] if record["section"] == "ledger"]
    assert intake["lines"] == rows == intake["loaded"] + intake["duplicate"]
    assert intake["stored_cents"] == cents
    (pull,) = [p for p in entry["figures"]["pulls"] if p["section"] == "ledger"]
    assert (pull["rows"], pull["watermark_from"]) == (rows, None)
    assert pull["watermark_to"] < pull["snapshot_at"]


def test_the_next_month_brings_the_new_rows_only(lenders):
    by_file, by_query = lenders.by_file, lenders.by_query
    lenders.hand_over("2026-05")

    by_query.done("run", "2026-05", more=lenders.uri)

    assert limits(by_query).equals(limits(by_file))
    entry = newest_entry(by_query)
    (rows,) = [p["rows"] for p in entry["figures"]["pulls"] if p["section"] == "ledger"]
    ((given,),) = lenders.bank.database.rows(
        "SELECT count(*) FROM core.ledger WHERE at >= '2026-05-01 00:00+08'"
    )
    assert rows == given


def test_the_password_is_nowhere(lenders):
    secret = lenders.bank.database.password
    found = subprocess.run(
        ["grep", "-rlaF", secret, str(lenders.by_query.home.parent)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stdout) == (1, "")
