"""Worlds to look at: small ones, written into a folder of their own."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from demo.world import continue_month, write_history


@dataclass(frozen=True)
class Written:
    """A demo world on disk."""

    folder: Path

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def truth(self) -> Path:
        return self.folder / "truth"

    @property
    def published(self) -> Path:
        return self.folder / "limits"

    def people(self, month: str) -> pl.DataFrame:
        return pl.read_parquet(self.truth / "months" / f"{month}.parquet")

    def lines(self, pattern: str) -> list[str]:
        paths = sorted(self.landing.glob(pattern))
        return [line for path in paths for line in path.read_text().splitlines()]

    def ledger(self) -> pl.DataFrame:
        """Return the good lines of the ledger, each once."""
        text = "\n".join(dict.fromkeys(self.lines("ledger/*.jsonl")))
        good = [line for line in text.splitlines() if line.endswith("}") and '"id":"r' not in line]
        rows = pl.read_ndjson("\n".join(good).encode(), infer_schema_length=None)
        cents = (pl.col("amount") * 100).round().cast(pl.Int64)
        return rows.with_columns(cents.alias("cents"), on=pl.col("at").str.head(10).str.to_date())

    def files(self) -> dict[str, bytes]:
        """Return every file by its path."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def publish(self, month: str, **changed) -> None:
        """Publish limits of `month`: all as they are, but for expressions in `changed`."""
        year, number = map(int, month.split("-"))
        held = self.people(month).filter(pl.col("line_status").is_in(["open", "frozen", "applied"]))
        path = self.published / f"month={month}" / "limits.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        held.select(
            "user_id",
            "limit_cents",
            pl.lit("hold").alias("action"),
            "line_status",
            pl.col("limit_cents").alias("available_cents"),
            pl.lit(date(year + number // 12, number % 12 + 1, 1)).alias("effective_on"),
        ).with_columns(**changed).write_parquet(path)

    def live(self, month: str) -> dict[str, int]:
        return continue_month(self.landing, self.truth, month, self.published)


def written(folder: Path, users: int, months: int, seed: int = 7) -> Written:
    """Write a history that ends in April 2026."""
    world = Written(folder)
    write_history(
        world.landing, world.truth, users=users, months=months, until="2026-04", seed=seed
    )
    return world
