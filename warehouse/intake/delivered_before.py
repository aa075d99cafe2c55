"""What was delivered before: events in the lake whose identity has just been read again."""

from datetime import date

import polars as pl

from transforms.months import month_of
from transforms.tables.logs import EVENTS, QUARANTINE
from transforms.tables.table import Table
from warehouse.intake.duplicate_lines import HASH, IDENTITY, LINE, Repeated, identity_hash
from warehouse.intake.plan import Plan
from warehouse.intake.spool import Spool
from warehouse.store.audit import Chain


def stored(chain: Chain, table: Table, month: date, bucket: int | None = None) -> pl.LazyFrame:
    """Return the rows that the lake has of a table and month, of one bucket or of all."""
    files = [f for f in chain.files(table.name, month) if bucket in (None, f.bucket)]
    paths = chain.lake.paths(files)
    return pl.scan_parquet(paths, hive_partitioning=False) if paths else table.empty()


def months_met(
    chain: Chain, plan: Plan, spool: Spool, known: set[date], replaced: list[str]
) -> set[date]:
    """Return months that may be revised and hold an event of an identity just read.

    Args:
        chain: The lake.
        plan: Says how far back months may be revised.
        spool: What was read.
        known: Months that are rewritten anyway.
        replaced: Files of which the lake forgets all events.
    """
    months = [m for m in chain.months("events") if m not in known and m >= plan.reach]
    if not spool.months or not months:
        return set()
    # Half the memory and time of the texts; two that hash alike only rewrite a month as it was.
    fresh = _identities(spool).select(hash=HASH).collect()
    kept = ~pl.col("file_id").is_in(replaced)
    return {
        month
        for month in months
        if _holds(stored(chain, EVENTS, month).filter(kept).select(hash=HASH), fresh, "hash")
    }


def months_of_lines(
    chain: Chain, plan: Plan, found: Repeated, known: set[date], replaced: list[str]
) -> set[date]:
    """Return months that may be revised and hold an event of a line of which one is left out.

    Args:
        chain: The lake.
        plan: Says how far back months may be revised.
        found: What is left out.
        known: Months that are rewritten anyway.
        replaced: Files of which the lake forgets all events.
    """
    concerned = found.files - set(replaced)
    lines = pl.concat([found.duplicates.select(LINE), found.conflicts.select(LINE)]).unique()
    months = {
        month_of(text)
        for record in chain.accounted().values()
        if record["file_id"] in concerned
        for text in record["months"]
    }
    return {
        month
        for month in months - known
        if month >= plan.reach and chain.files("events", month)
        if _holds(
            stored(chain, EVENTS, month).filter(pl.col("file_id").is_in(concerned)), lines, LINE
        )
    }


def standing(chain: Chain, plan: Plan, spool: Spool) -> pl.DataFrame:
    """Return events of months that stand for ever whose identity has just been read again.

    Only a late event can have been delivered in such a month: the months from the one that it
    happened in are looked at.
    """
    happened = spool.late_months
    months = [m for m in chain.months("events") if m < plan.reach and m >= min(happened, default=m)]
    if not happened or not months:
        return EVENTS.empty().collect()
    fresh = _identities(spool)
    return pl.concat(
        stored(chain, EVENTS, month).join(fresh, on=IDENTITY, how="semi").collect()
        for month in months
    )


def contested(chain: Chain, plan: Plan, spool: Spool, replaced: list[str]) -> pl.DataFrame:
    """Return the event ids just read that lines in quarantine contradict each other about.

    No event of such an id is in the lake, so the line in quarantine is all that tells of the
    conflict; it lasts until its file is corrected, or the mapping declares which line counts.

    Args:
        chain: The lake.
        plan: Holds the rule of each source for copies that differ.
        spool: What was read.
        replaced: Files of which the lake forgets all lines.

    Returns:
        `source`, `event_id`, `file_id` of the line in quarantine.
    """
    unsettled = [source.name for source in plan.sources if source.on_conflict == "quarantine"]
    lines = pl.concat(
        [QUARANTINE.empty(), *(stored(chain, QUARANTINE, m) for m in chain.months("quarantine"))]
    )
    known = (
        lines.filter(pl.col("source").is_in(unsettled) & ~pl.col("file_id").is_in(replaced))
        .select("file_id", hash="event_hashes")
        .explode("hash")
        .drop_nulls("hash")
        .unique()
        .collect()
    )
    if known.is_empty():
        return EVENTS.empty().select(*IDENTITY, "file_id").collect()
    hashed = _identities(spool).with_columns(hash=identity_hash(spool.lake.device_key))
    met = hashed.join(known.lazy(), on="hash").select(*IDENTITY, "file_id")
    return met.unique().collect()


def _identities(spool: Spool) -> pl.LazyFrame:
    buckets = range(spool.lake.buckets)
    read = (spool.events(month, bucket) for month in sorted(spool.months) for bucket in buckets)
    return pl.concat([EVENTS.empty(), *read]).select(IDENTITY)


def _holds(rows: pl.LazyFrame, wanted: pl.DataFrame, on: str | tuple[str, ...]) -> bool:
    found = rows.select(on).join(wanted.lazy(), on=on, how="semi")
    return bool(found.head(1).collect().height)
