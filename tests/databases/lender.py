"""A lender whose ledger and accounts are tables, and a landing folder that they are pulled into."""

import gzip
import json
from datetime import date
from pathlib import Path

from tests.databases.servers import Database
from transforms.declared import Declared
from transforms.mapping.source import Source, source_of
from warehouse.intake.landing_place import landing_at
from warehouse.intake.pull import Pulled, pull

OCTOBER = date(2026, 10, 1)

MAPPING = """
source = "bank"
mode = "live"
credit_from = "ledger"
on_conflict = "last"

[[query]]
name = "ledger"
connection = "core_banking"
table = "ledger"
watermark = "changed_at"
overlap_hours = 48
columns = { id = "bigint", account = "text", kind = "text", amount = "numeric(14,2)", \
at = "timestamptz", due = "date", loan = "text", changed_at = "timestamptz" }

  [[query.event]]
  event_id = "id"
  user_id = "account"
  occurred_at = "at"
  event_type = "kind"
  amount_cents = { column = "amount", unit = "main" }
  due_on = "due"
  reference_id = "loan"

[[query]]
name = "accounts"
connection = "core_banking"
sql = "SELECT account, opened_on, credit_limit FROM accounts"
columns = { account = "text", opened_on = "date", credit_limit = "numeric" }

  [[query.account]]
  user_id = "account"
  borrower_id = "account"
  product = { is = "revolving" }
  segment = { is = "consumer" }
  opened_on = "opened_on"
  source_limit_cents = { column = "credit_limit", unit = "main" }
"""

TABLES = (
    """
    CREATE TABLE ledger (
        id bigint PRIMARY KEY, account text NOT NULL, kind text NOT NULL, amount numeric(14, 2),
        at timestamptz NOT NULL, due date, loan text, changed_at timestamptz
    )
    """,
    "CREATE TABLE accounts (account text PRIMARY KEY, opened_on date, credit_limit numeric)",
)


def create_tables(database: Database) -> None:
    database.act(*TABLES)


def insert(database: Database, *rows: str) -> None:
    """Add ledger rows, each written as `id, account, kind, amount, at, due, loan, changed_at`."""
    database.act(f"INSERT INTO ledger VALUES ({'), ('.join(rows)})")


def repayment(number: int, changed_at: str, amount: str = "12.50") -> str:
    """Write one ledger row: a repayment of ana on 5 October."""
    return (
        f"{number}, 'ana', 'repayment', {amount}, '2026-10-05 08:00+08', NULL, 'l1', {changed_at}"
    )


def source(mapping: str = MAPPING) -> Source:
    return source_of(Declared(mapping, "sources/bank.toml"), "bank")


def pulled(database: Database, landing: Path, mapping: str = MAPPING, **more) -> dict[str, Pulled]:
    """Pull once; return what each section gave."""
    place = landing_at(landing)
    given = pull(source(mapping), place, OCTOBER, {"core_banking": database.uri}, **more)
    return {section.query.name: section for section in given}


def files(landing: Path, section: str = "ledger") -> list[Path]:
    """Return the landing files of a section in the order of their names."""
    return sorted((landing / "pulled/bank" / section).glob("*"))


def lines(file: Path) -> list[dict]:
    """Return the rows of a file, every number as the text that stands there."""
    texts = gzip.decompress(file.read_bytes()).decode().splitlines()
    return [json.loads(text, parse_float=str, parse_int=str) for text in texts]


def ids(landing: Path) -> list[list[str]]:
    """Return the ids of every ledger file, in the order in which they stand there."""
    return [[line["id"] for line in lines(file)] for file in files(landing)]


def everything_under(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
