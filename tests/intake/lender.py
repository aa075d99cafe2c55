"""A lender whose landing folder a test fills, extracted step by step as the DAG does.

A sale is written `id user day amount`, such as `e1 ana 2025-03-05 100`; several on one line of the
landing file are separated by `;`.
"""

import json
from pathlib import Path

import polars as pl

from tests.warehouse.lakes import commit, stage_limits
from transforms.months import month_of
from warehouse.monthly.extract import (
    gather_facts,
    publish_facts,
    stage_events,
    stage_facts,
    validate_events,
)
from warehouse.monthly.parts import parts_of
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake, create_lake

ROOT = Path(__file__).parents[2]
MAPPING = """
source = "shop"
mode = "shadow"
credit_from = "ledger"
on_conflict = "{on_conflict}"
bad_lines_allowed = 0

[[file]]
name = "sales"
path = "sales/*.jsonl"
format = "jsonl"
every = "once"
repeat = [{{ n = "1" }}, {{ n = "2" }}]

  [[file.event]]
  repeat = true
  event_id = "id{{n}}"
  user_id = "user{{n}}"
  occurred_at = {{ column = "day{{n}}", format = "%Y-%m-%d", zone = "Asia/Shanghai" }}
  event_type = {{ is = "purchase" }}
  amount_cents = {{ column = "amount{{n}}", unit = "cents" }}
  when = "event_id <> ''"
"""


class Lender:
    """A landing folder, a mapping and a lake."""

    def __init__(self, home: Path, on_conflict: str = "quarantine"):
        self.home = home
        self.lake: Lake = create_lake(home / "lake", buckets=1, device_key="0" * 64)
        self.map(MAPPING.format(on_conflict=on_conflict))

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment that points at this lender."""
        return {
            "LIMITWISE_LAKE": str(self.home / "lake"),
            "LIMITWISE_LANDING": str(self.home / "landing"),
            "LIMITWISE_SOURCES": str(self.home / "sources"),
            "LIMITWISE_POLICIES": str(ROOT / "policies"),
        }

    def map(self, text: str) -> None:
        """Declare how files are read."""
        (self.home / "sources").mkdir(parents=True, exist_ok=True)
        (self.home / "sources/shop.toml").write_text(text)

    def put(self, name: str, *sales: str) -> None:
        """Deliver a file; one that is there is replaced."""
        path = self.home / "landing/sales" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{_line(sale)}\n" for sale in sales))

    def deliver(self, name: str, *lines: str) -> None:
        """Deliver a CSV file of some lines; one that is there is replaced."""
        path = self.home / f"landing/{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def remove(self, name: str) -> None:
        """Take a file out of the landing folder."""
        (self.home / "landing/sales" / f"{name}.jsonl").unlink()

    def extract(self, month: str, *, checked: bool = False) -> str:
        """Run the steps of an extraction, validating events if asked; say how it ended."""
        folder = stage_events(month)
        (part,) = parts_of(validate_events(folder) if checked else folder)
        return publish_facts(gather_facts(stage_facts(part)), "a test")

    def decide(self, month: str) -> None:
        """Publish limits of a month, so that facts have been relied on."""
        commit(self.lake, stage_limits(self.lake, month_of(month), 100))

    @property
    def chain(self) -> Chain:
        """Return the audit chain as it is now."""
        return Chain.read(self.lake)

    def sales(self, month: str) -> list[tuple[str, str, int]]:
        """Return the events of a month: id, user, cents."""
        rows = pl.read_parquet(self.chain.paths("events", month_of(month)))
        return sorted(rows.select("event_id", "user_id", "amount_cents").rows())

    def refused(self, month: str) -> list[tuple[str, int, str]]:
        """Return the quarantine of a month: file, line, reason."""
        rows = pl.read_parquet(self.chain.paths("quarantine", month_of(month)))
        names = pl.col("file_path").str.extract(r"sales/(.*)\.jsonl")
        return sorted(rows.select(names, "source_line", "reason").rows())

    def counts(self, name: str) -> dict[str, int]:
        """Return what became of a file's lines, without zeros; the sum of lines is checked."""
        record = self.record(name)
        parts = {part: record[part] for part in ("loaded", "quarantined", "duplicate", "blank")}
        assert sum(parts.values()) == record["lines"], record
        return {part: count for part, count in parts.items() if count}

    def record(self, name: str) -> dict:
        """Return what the lake remembers of a file."""
        return self.chain.accounted()[f"sales/{name}.jsonl"]

    def files(self, month: str) -> list[str]:
        """Return the SHA-256 of the event files of a month."""
        return [file.sha256 for file in self.chain.files("events", month_of(month))]


def _line(sale: str) -> str:
    fields = {"id1": "", "id2": ""}
    for number, one in enumerate(filter(None, sale.split(";")), start=1):
        names = (f"{name}{number}" for name in ("id", "user", "day", "amount"))
        fields |= dict(zip(names, one.split(), strict=True))
    return json.dumps(fields)
