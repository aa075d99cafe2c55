"""A lender of a few files, extracted into a real lake by the steps that a run takes."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tests.warehouse.lakes import commit, identity, tiny_lake
from warehouse.intake.filing import file_rows
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import plan
from warehouse.store.audit import Chain
from warehouse.store.folder import Folder
from warehouse.store.lake import Lake
from warehouse.store.staging import Staging

OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
BEGAN = datetime(2026, 11, 3, 2, tzinfo=UTC)


class Lender:
    """Folders of one lender, and the lake that they are extracted into."""

    def __init__(self, home: Path, **mappings: str):
        self.landing = home / "landing"
        self.sources = home / "sources"
        self.landing.mkdir(parents=True)
        self.sources.mkdir()
        self.lake: Lake = tiny_lake(home / "lake")
        for name, text in mappings.items():
            (self.sources / f"{name}.toml").write_text(text, "utf-8")

    def stage(self, month: date = OCTOBER, began: datetime = BEGAN) -> Staging:
        """Read every landing file up to a month; return what an extraction would commit."""
        chain = Chain.read(self.lake)
        landing = Landing(Folder(self.landing))
        planned = plan(chain, landing, self.sources, month, late_months=3)
        inputs = identity(str((planned.identity, chain.newest)))
        staging = Staging.begin(self.lake, planned.horizon, inputs, base=chain.newest)
        file_rows(staging, chain, planned, landing, began)
        return staging

    def extract(self, month: date = OCTOBER, began: datetime = BEGAN) -> list[dict]:
        """Extract and commit a month; return the intake records."""
        staging = self.stage(month, began)
        commit(self.lake, staging)
        return staging.notes["intake"]

    def rows(self, table: str, month: date = OCTOBER) -> pl.DataFrame:
        """Return the committed rows of a table and month."""
        return pl.read_parquet(Chain.read(self.lake).paths(table, month), hive_partitioning=False)
