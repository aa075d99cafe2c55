"""A landing folder of one file, read through a mapping, so that a test shows bytes and rows."""

from pathlib import Path

import polars as pl

from transforms.declared import Declared
from transforms.mapping.refusals import REFUSALS
from transforms.mapping.source import source_of
from transforms.mapping.targets import SCHEMAS
from transforms.tables.logs import QUARANTINE
from warehouse.intake.code_tables import with_code_tables
from warehouse.intake.landing import load_file
from warehouse.intake.sources import landing_files

HEAD = """
source = "shop"
mode = "live"
credit_from = "ledger"
"""

BEHAVIOUR = (
    HEAD
    + """
[[file]]
name = "behaviour"
path = "behaviour/{date}.jsonl"
format = "jsonl"
every = "day"

  [[file.event]]
  event_id = "id"
  user_id = "user"
  occurred_at = "at"
  event_type = { column = "kind", codes = { pay = "purchase", in = "login" } }
  amount_cents = { column = "amount", unit = "main" }
  device_hash = "device"
  channel = "channel"
"""
)

LIMITS = (
    HEAD
    + """
[[file]]
name = "limits"
path = "limits/{month}.csv"
format = "csv"
every = "month"

  [[file.event]]
  event_id = { template = "{user}/limit/{date}" }
  user_id = "user"
  occurred_at = { column = "date", format = "%Y-%m-%d", zone = "Asia/Shanghai" }
  event_type = { is = "limit_in_force" }
  amount_cents = { column = "limit", unit = "main" }
"""
)

SIDE_BY_SIDE = (
    HEAD
    + """
[[file]]
name = "wide"
path = "wide.csv"
format = "csv"
every = "once"
repeat = [
  { month = "2005-04", at = 2005-04-30T12:00:00+08:00, bill = "BILL2" },
  { month = "2005-05", at = 2005-05-31T12:00:00+08:00, bill = "BILL1" },
]

  [[file.event]]
  repeat = true
  event_id = { template = "{ID}/statement/{month}" }
  user_id = "ID"
  occurred_at = { is = "{at}" }
  event_type = { is = "statement" }
  amount_cents = { column = "{bill}", unit = "main" }
  when = "{bill} <> ''"
"""
)

FIFTH = "behaviour/2026-10-05.jsonl"
OCTOBER = "limits/2026-10.csv"
KEY = "ab" * 32


def source(mapping):
    return source_of(Declared(mapping, "sources/shop.toml"), "shop")


def put(landing: Path, path: str, content: bytes | str) -> None:
    file = landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def load(landing: Path, path: str, content: bytes | str, mapping: str = BEHAVIOUR, **more):
    """Write one file and read it; return its figures and the rows by table."""
    put(landing, path, content)
    schemas = SCHEMAS | {"quarantine": QUARANTINE.schema}
    spooled = {name: [pl.DataFrame(schema=schema)] for name, schema in schemas.items()}
    files = with_code_tables(landing_files(source(mapping), landing), landing)
    (file,) = [f for f in files if f.path == path]
    figures = load_file(
        file,
        landing,
        device_key=KEY,
        time_zone="Asia/Shanghai",
        spool=lambda name, rows: spooled[name].append(rows),
        **more,
    )
    tables = {name: pl.concat(frames) for name, frames in spooled.items()}
    assert set(tables["quarantine"]["reason"]) <= REFUSALS.keys(), "a reason without a meaning"
    return figures, tables


def line(**fields: str) -> str:
    """Write a good line of `BEHAVIOUR`; a field is the JSON text given, absent if it is empty."""
    given = {
        "id": '"e1"',
        "user": '"ana"',
        "at": '"2026-10-05T08:31:07+08:00"',
        "kind": '"pay"',
        "amount": "12.50",
    } | fields
    return "{" + ",".join(f'"{key}":{value}' for key, value in given.items() if value) + "}"
