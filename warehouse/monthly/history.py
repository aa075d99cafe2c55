"""Months of history that a decision reads, through the audit chain."""

from datetime import date
from typing import Any

import polars as pl

from transforms.features.catalogue import FEATURES
from transforms.months import month_text, months_after
from transforms.tables.decided import DECIDED
from transforms.tables.facts import FACTS
from transforms.tables.table import Table
from warehouse.store.audit import Chain
from warehouse.store.lake import bucket_of

TABLES: dict[str, Table] = {table.name: table for table in (*FACTS, FEATURES, *DECIDED)}

# Table, months read, newest months left out: what one month's transforms read, in their order.
READS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "features": (
        ("activity", 13, 0),
        ("credit_months", 13, 0),
        ("accounts", 1, 0),
        ("segment_norms", 12, 1),
        ("shared_devices", 3, 1),
        ("instructions", 0, 0),
    ),
    "lines": (("accounts", 1, 0), ("credit_months", 13, 0), ("limits", 13, 1)),
    "standing": (("instructions", 0, 0),),
}


def months_read(chain: Chain, name: str, month: date, reach: int, skip: int) -> list[date]:
    """Return the months of a table that a reach of months covers; a reach of 0 is all so far."""
    newest = months_after(month, -skip)
    oldest = months_after(newest, 1 - reach) if reach else date.min
    return [known for known in chain.months(name) if oldest <= known <= newest]


def scan(
    chain: Chain, name: str, month: date, reach: int, *, skip: int = 0, bucket: int | None = None
) -> pl.LazyFrame:
    """Return the rows of a table over its months of history; without rows if there are none."""
    table = TABLES[name]
    files = [
        file
        for known in months_read(chain, name, month, reach, skip)
        for file in chain.files(name, known)
        if not table.bucketed or bucket in (None, file.bucket)
    ]
    if not files:
        return table.empty()
    rows = pl.scan_parquet(chain.lake.paths(files), hive_partitioning=False)
    if bucket is not None and not table.bucketed and "user_id" in table.schema:
        rows = rows.filter(bucket_of(chain.lake.buckets) == bucket)
    return rows


def scan_by_month(
    chain: Chain, name: str, month: date, reach: int, skip: int, *, bucket: int
) -> dict[date, pl.LazyFrame]:
    """Return the rows of a table for each of its months of history."""
    months = months_read(chain, name, month, reach, skip)
    return {known: scan(chain, name, known, 1, bucket=bucket) for known in months}


def first_month_told(chain: Chain) -> date:
    """Return the first month that the lake has events of; of accounts alone nothing is told.

    An account may be known from long before the log begins: what it did then is not nothing.
    """
    months = sorted(chain.heads("facts"))
    told = (month for month in months if any(file.rows for file in chain.files("events", month)))
    return next(told, months[-1])


def _every_read(chain: Chain, month: date) -> list[tuple[str, date]]:
    return sorted(
        {
            (name, known)
            for reads in READS.values()
            for name, reach, skip in reads
            for known in months_read(chain, name, month, reach, skip)
        }
    )


def read_digests(chain: Chain, month: date) -> list[Any]:
    """Return what a month's decision reads: table, month and content of every file."""
    return [
        [name, month_text(known), [file.content_digest for file in chain.files(name, known)]]
        for name, known in _every_read(chain, month)
    ]


def reads_of(chain: Chain, month: date) -> list[int]:
    """Return the audit entries that a month's decision relies on."""
    return sorted({chain.holder(*key).number for key in _every_read(chain, month)})
