"""Filing: what was read becomes the stored events, quarantine, instructions and accounts."""

from collections import Counter
from datetime import date, datetime
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.duplicates import split_duplicates
from transforms.months import last_day, month_of, month_text, months_after, months_between
from transforms.tables.logs import ACCOUNTS, EVENTS, INSTRUCTIONS, QUARANTINE
from warehouse.audit import Chain
from warehouse.duplicate_lines import NOTHING_REMOVED, Repeated, repeated
from warehouse.intake import Plan
from warehouse.lake import bucket_of
from warehouse.landing_place import Landing
from warehouse.spool import Read, Spool
from warehouse.staging import Staging

_SHOWN = 5


def file_rows(
    staging: Staging, chain: Chain, plan: Plan, landing: Landing, extracted_at: datetime
) -> dict[str, int]:
    """Read the files of a plan and stage their rows under the months they belong to.

    Args:
        staging: Gets the tables events, quarantine, instructions and accounts of every month
            from the first one touched to the horizon, and the draft of the audit entry.
        chain: The lake as it was when the plan was made.
        plan: Files to read.
        landing: Where they lie.
        extracted_at: When the extraction began.

    Returns:
        Sums: `files`, `lines`, `loaded`, `quarantined`, `duplicate`, `blank`, `events`, `late`.

    Raises:
        RefusedError: A file changed while it was read, or too many of its lines are bad.
    """
    with Spool(staging.lake, plan, extracted_at) as spool:
        spool.read(plan.taken, landing)
        _require_good_enough(spool)
        months = _months_written(chain, plan, spool)
        replaced = [taken.replaces for taken in plan.taken if taken.replaces]
        rewritten = [month for month in months if _is_touched(chain, plan, spool, month)]
        parts = [_all_events(chain, spool, month, replaced) for month in rewritten]
        found = repeated(parts or [EVENTS.empty()], plan, _paths_of(spool, chain))
        for month in months:
            if month in rewritten:
                _stage_events(staging, _all_events(chain, spool, month, replaced), found, month)
            else:
                staging.adopt(chain.files("events", month))
            _stage_quarantine(staging, chain, spool, found, month, replaced)
            _stage_instructions(staging, chain, spool, month, replaced)
            _stage_accounts(staging, chain, spool, month)
        intake = [
            _record(read, found, spool) | landing.mark(read.taken.file.path) for read in spool.reads
        ]
    figures = _figures(intake)
    _draft(staging, chain, plan, months, intake, figures)
    return figures


def _require_good_enough(spool: Spool) -> None:
    """Refuse the extraction if a group of files has more bad lines than its source allows."""
    lines, bad = Counter(), Counter()
    for read in spool.reads:
        key = (read.taken.source, read.taken.file.mapping.name)
        lines[key] += read.figures.lines
        bad[key] += read.figures.quarantined
    for (source, section), count in bad.items():
        share_bps = count * 10_000 // max(lines[source, section], 1)
        if count > source.bad_lines_allowed and share_bps > source.most_bad_bps:
            raise RefusedError(
                f"Source {source.name}, files {section}: {count:,} of {lines[source, section]:,} "
                f"lines are bad ({share_bps / 100:.2f} %, allowed are "
                f"{source.most_bad_bps / 100:.2f} %). The first: {_first_bad(spool)}. Correct the "
                "files or the mapping and run again; nothing was published."
            )


def _first_bad(spool: Spool) -> str:
    rows = pl.concat(spool.quarantine).sort("file_path", "source_line").head(_SHOWN)
    return "; ".join(
        f"{row['file_path']} line {row['source_line']}"
        f"{' column ' + row['column'] if row['column'] else ''}: {row['reason']}"
        f"{' (' + repr(row['found'][:40]) + ')' if row['found'] else ''}"
        for row in rows.iter_rows(named=True)
    )


def _months_written(chain: Chain, plan: Plan, spool: Spool) -> list[date]:
    """Return every month from the first one touched to the horizon."""
    touched = set(spool.touched)
    touched |= {read.quarantine_month for read in spool.reads if not read.taken.known}
    records = chain.accounted()
    for taken in plan.taken:
        if taken.replaces:
            record = records[taken.file.path]
            touched |= {month_of(text) for text in record["months"]}
            touched.add(month_of(record["quarantine_month"]))
    if plan.newest:
        touched.add(min(plan.horizon, months_after(plan.newest, 1)))
    first = min(touched, default=plan.horizon)
    return months_between(first, plan.horizon)


def _is_touched(chain: Chain, plan: Plan, spool: Spool, month: date) -> bool:
    if not chain.files("events", month) or month in spool.months:
        return True
    records = chain.accounted()
    gone = (records[taken.file.path] for taken in plan.taken if taken.replaces)
    return any(month_text(month) in record["months"] for record in gone)


def _all_events(chain: Chain, spool: Spool, month: date, replaced: list[str]) -> pl.LazyFrame:
    stored = _stored(chain, EVENTS, month).filter(~pl.col("file_id").is_in(replaced))
    return pl.concat([stored, spool.events(month)])


def _stored(chain: Chain, table, month: date) -> pl.LazyFrame:
    paths = chain.paths(table.name, month)
    return pl.scan_parquet(paths, hive_partitioning=False) if paths else table.empty()


def _stage_events(staging: Staging, events: pl.LazyFrame, found: Repeated, month: date) -> None:
    buckets = staging.lake.buckets
    rows = found.left(events).with_columns(bucket_of(buckets).alias("_bucket")).collect()
    parts = rows.partition_by("_bucket", as_dict=True, include_key=False)
    empty = EVENTS.empty().collect()
    for bucket in range(buckets):
        staging.write(EVENTS, month, parts.get((bucket,), empty), bucket)


def _stage_quarantine(
    staging: Staging, chain: Chain, spool: Spool, found: Repeated, month: date, replaced: list[str]
) -> None:
    stored = _stored(chain, QUARANTINE, month).filter(~pl.col("file_id").is_in(replaced))
    rows = [stored.collect(), spool.rows("quarantine", month)]
    if found.conflicts.height:
        rows.append(_conflicting(spool, found, month))
    staging.write(QUARANTINE, month, pl.concat(rows))


def _conflicting(spool: Spool, found: Repeated, month: date) -> pl.DataFrame:
    """Return the quarantine rows of lines that contradict another one of the same identity."""
    files = pl.DataFrame(
        [
            (r.figures.file_id, r.taken.file.path, r.taken.source.name)
            for r in spool.reads
            if r.quarantine_month == month
        ],
        schema=["file_id", "file_path", "source"],
        orient="row",
    )
    refused = found.conflicts.unique(["file_id", "source_line"], keep="first", maintain_order=True)
    return (
        refused.join(files.cast(pl.String), on="file_id")
        .with_columns(
            column=pl.lit("event_id"),
            reason=pl.lit("conflicting_event_id"),
            found=pl.col("event_id").str.slice(0, 200),
            raw_line=pl.lit(None, dtype=pl.String),
        )
        .select(QUARANTINE.schema.names())
        .cast(dict(QUARANTINE.schema))
    )


def _stage_instructions(
    staging: Staging, chain: Chain, spool: Spool, month: date, replaced: list[str]
) -> None:
    stored = _stored(chain, INSTRUCTIONS, month).filter(~pl.col("file_id").is_in(replaced))
    rows = pl.concat([stored.collect(), spool.rows("instructions", month)])
    named = rows.rename({"instruction_id": "event_id"})
    kept, _, _ = split_duplicates(named, "first", _paths_of(spool, chain))
    staging.write(INSTRUCTIONS, month, kept.rename({"event_id": "instruction_id"}))


def _stage_accounts(staging: Staging, chain: Chain, spool: Spool, month: date) -> None:
    """Fold the month's account rows into the snapshot of the month before."""
    if month < spool.accounts_from and chain.files("accounts", month):
        staging.adopt(chain.files("accounts", month))
        return
    before = months_after(month, -1)
    paths = staging.paths("accounts", before) or chain.paths("accounts", before)
    names = [name for name in ACCOUNTS.schema.names() if name != "as_of"]
    base = pl.read_parquet(paths, columns=names) if paths else None
    known = spool.rows("accounts", month).sort("known_on", maintain_order=True).select(names)
    rows = pl.concat([base, known]) if base is not None else known
    snapshot = (
        rows.unique("user_id", keep="last", maintain_order=True)
        .with_columns(as_of=pl.lit(last_day(month)))
        .select(ACCOUNTS.schema.names())
        .with_columns(bucket_of(staging.lake.buckets).alias("_bucket"))
    )
    parts = snapshot.partition_by("_bucket", as_dict=True, include_key=False)
    for bucket in range(staging.lake.buckets):
        part = parts.get((bucket,), ACCOUNTS.empty().collect())
        staging.write(ACCOUNTS, month, part, bucket)


def _paths_of(spool: Spool, chain: Chain) -> dict[str, str]:
    """Return the path of every landing file, by `file_id`."""
    known = {record["file_id"]: path for path, record in chain.accounted().items()}
    return known | {read.figures.file_id: read.taken.file.path for read in spool.reads}


def _record(read: Read, found: Repeated, spool: Spool) -> dict[str, Any]:
    """Return what the lake remembers of one landing file."""
    figures, taken = read.figures, read.taken
    duplicate = found.duplicate_lines.get(figures.file_id, 0)
    conflicting = found.conflict_lines.get(figures.file_id, 0)
    earlier = taken.known["months"] if taken.known else {}
    months = {month_text(month): count for month, count in sorted(read.months.items())}
    removed = found.removed.get(figures.file_id, NOTHING_REMOVED)
    others = set(
        found.entangled.filter(pl.col("file_id") == figures.file_id)["with_file_id"].to_list()
    )
    return {
        "path": taken.file.path,
        "sha256": figures.sha256,
        "size_bytes": figures.size_bytes,
        "source": taken.source.name,
        "mapping": taken.source.digest,
        "file_id": figures.file_id,
        "through": month_text(spool.plan.horizon),
        "extracted_at": spool.bound_of(read.taken),
        "lines": figures.lines,
        "loaded": figures.loaded - duplicate - conflicting,
        "quarantined": figures.quarantined + conflicting,
        "duplicate": duplicate,
        "blank": figures.blank,
        "section": taken.file.mapping.name,
        "events": figures.events,
        "stored_events": figures.events - read.waiting_events - removed.events,
        "stored_cents": figures.amount_cents - read.waiting_cents - removed.amount_cents,
        "whole": taken.known is None,
        "waiting_lines": read.waiting_lines,
        "waiting_events": read.waiting_events,
        "late_events": read.late_events,
        "months": dict(sorted((earlier | months).items())),
        "quarantine_month": month_text(read.quarantine_month),
        "dropped_fields": list(figures.dropped_fields),
        "clocks": [clock.to_plain() for clock in figures.clocks],
        "entangled": sorted(
            other.taken.file.path for other in spool.reads if other.figures.file_id in others
        ),
    }


def _figures(intake: list[dict[str, Any]]) -> dict[str, int]:
    names = ("lines", "loaded", "quarantined", "duplicate", "blank", "events")
    sums = {name: sum(record[name] for record in intake) for name in names}
    return {"files": len(intake), "late": sum(r["late_events"] for r in intake)} | sums


def _draft(
    staging: Staging,
    chain: Chain,
    plan: Plan,
    months: list[date],
    intake: list[dict[str, Any]],
    figures: dict[str, int],
) -> None:
    for source in plan.sources:
        staging.keep_text(f"sources/{source.name}.toml", source.text)
    before = months_after(months[0], -1)
    read = [chain.holder(table, before) for table in ("ledger", "credit_months", "accounts")]
    read += [chain.head("facts", month) for month in months]
    staging.seal(
        {
            "kind": "facts",
            "months": [month_text(month) for month in months],
            "reads": sorted({entry.number for entry in read if entry}),
            "parameters": {
                "credit_from": _one(plan, "credit_from"),
                "mode": _one(plan, "mode"),
            },
            "intake": intake,
            "figures": {"intake": figures},
        }
    )


def _one(plan: Plan, what: str) -> str:
    """Return what all sources of a lake must agree on."""
    said = {getattr(source, what): source.name for source in plan.sources}
    if len(said) > 1:
        raise RefusedError(
            f"Sources {', '.join(said.values())}: {what} is {' and '.join(sorted(said))}. "
            "One lake has one; give the other source a lake of its own."
        )
    return next(iter(said))
