"""The facts of a month: activity, ledger, credit months and what is gathered across users."""

from datetime import date
from functools import partial

import polars as pl

from transforms.facts.activity import activity
from transforms.facts.credit_months import credit_facts
from transforms.facts.segment_norms import segment_norms
from transforms.facts.shared_devices import shared_devices
from transforms.months import month_text, months_after
from transforms.tables.facts import (
    ACTIVITY,
    CREDIT_MONTHS,
    LEDGER,
    SEGMENT_NORMS,
    SHARED_DEVICES,
)
from transforms.tables.logs import ACCOUNTS, EVENTS
from transforms.tables.table import Table
from warehouse.monthly.parts import side_by_side
from warehouse.store.audit import Chain
from warehouse.store.staging import Staging


def stage_user_facts(staging: Staging, chain: Chain, month: date, buckets: range) -> int:
    """Stage what is counted user by user from a month's staged events; return the rows written."""
    return sum(side_by_side(partial(_stage_bucket, staging, chain, month), buckets))


def stage_facts_across_users(staging: Staging, chain: Chain, month: date) -> int:
    """Stage what a month's staged facts tell across users; return the rows written."""
    everyone = _scan(staging, chain, ACTIVITY, month)
    accounts = _scan(staging, chain, ACCOUNTS, month)
    written = (
        staging.write(SEGMENT_NORMS, month, segment_norms(everyone, accounts, month)),
        staging.write(SHARED_DEVICES, month, shared_devices(everyone, month)),
    )
    _count_types(staging, chain, month)
    return sum(file.rows for file in written)


def _stage_bucket(staging: Staging, chain: Chain, month: date, bucket: int) -> int:
    before, time_zone = months_after(month, -1), staging.lake.time_zone
    events = _scan(staging, chain, EVENTS, month, bucket)
    counted = activity(events, month, time_zone)
    ledger, credit_months = credit_facts(
        events,
        _scan(staging, chain, LEDGER, before, bucket),
        _scan(staging, chain, CREDIT_MONTHS, before, bucket),
        month,
        time_zone,
        staging.notes["parameters"]["credit_from"],
    )
    tables = ((ACTIVITY, counted), (LEDGER, ledger), (CREDIT_MONTHS, credit_months))
    return sum(staging.write(table, month, rows, bucket).rows for table, rows in tables)


def _scan(
    staging: Staging, chain: Chain, table: Table, month: date, bucket: int | None = None
) -> pl.LazyFrame:
    """Return a table and month as staged, else as the lake has it, else without rows."""
    staged = [file for file in staging.files if (file.table, file.month) == (table.name, month)]
    files = staged or chain.files(table.name, month)
    paths = staging.lake.paths(file for file in files if bucket in (None, file.bucket))
    return pl.scan_parquet(paths, hive_partitioning=False) if paths else table.empty()


def _count_types(staging: Staging, chain: Chain, month: date) -> None:
    """Note how many events of each type the month has: what a lake never saw is unknown, not 0."""
    events = _scan(staging, chain, EVENTS, month)
    counts = events.group_by("event_type").len().collect().sort("event_type")
    by_month = staging.notes["figures"].setdefault("event_types", {})
    by_month[month_text(month)] = {str(name): count for name, count in counts.iter_rows()}
