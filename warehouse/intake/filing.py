"""Filing: what was read becomes the stored events, quarantine, instructions and accounts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.duplicates import split_duplicates
from transforms.months import month_of, month_text, months_after, months_between
from transforms.tables.logs import EVENTS, INSTRUCTIONS, QUARANTINE
from warehouse.intake.accounts import stage_accounts
from warehouse.intake.bad_lines import TOO_BAD, require_good_enough
from warehouse.intake.delivered_before import (
    contested,
    months_met,
    months_of_lines,
    standing,
    stored,
)
from warehouse.intake.duplicate_lines import Repeated, repeated
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import Plan
from warehouse.intake.records import intake_records, paths_of, quarantine_months
from warehouse.intake.spool import Spool
from warehouse.store.audit import Chain
from warehouse.store.staging import Staging

_EVENTS_AT_ONCE = 1_500_000  # in memory, over all buckets that are written side by side


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
        Sums over the files that were read or count otherwise than before: `files`, `lines`,
        `loaded`, `quarantined` (of which `overruled`), `duplicate`, `blank`, `events`; and of the
        files that were read `late` and `stored`, events that the lake has of them.

    Raises:
        RefusedError: A file changed while it was read, or too many of its lines are bad.
    """
    with Spool(staging.lake, plan, extracted_at) as spool:
        spool.read(plan.taken, landing)
        replaced = [taken.replaces for taken in plan.taken if taken.replaces]
        touched, paths = _touched(chain, plan, spool), paths_of(chain, spool)
        first = min(touched, default=plan.horizon)
        rewritten, found = _settled(chain, plan, spool, replaced, first, paths)
        refused = quarantine_months(chain, spool, found)
        try:
            require_good_enough(spool, found)
        except RefusedError:
            _keep_refused(staging, spool, found, refused, extracted_at)
            raise
        touched |= rewritten | set(refused["_month"])
        months = months_between(min(touched, default=plan.horizon), plan.horizon)
        for month in months:
            if month in rewritten:
                _stage_events(staging, chain, spool, found, month, replaced)
            else:
                staging.adopt(chain.files("events", month))
            rows = _refused_of(month, staging, spool, found, refused)
            _stage_quarantine(staging, chain, rows, month, replaced)
            _stage_instructions(staging, chain, spool, month, replaced, paths)
            stage_accounts(staging, chain, spool, month)
        intake = intake_records(chain, spool, found, landing, paths)
    figures = _figures(intake, {read.figures.file_id for read in spool.reads})
    _draft(staging, chain, plan, months, intake, figures)
    return figures


def _touched(chain: Chain, plan: Plan, spool: Spool) -> set[date]:
    """Return months that rows come to or go from, and the one after the newest with facts."""
    touched = set(spool.touched)
    touched |= {read.quarantine_month for read in spool.reads if not read.taken.known}
    for record in _replaced_records(chain, plan):
        gone = {month_of(text) for text in (*record["months"], record["quarantine_month"])}
        touched |= {month for month in gone if month >= plan.reach}
    if plan.newest:
        touched.add(min(plan.horizon, months_after(plan.newest, 1)))
    return touched


def _replaced_records(chain: Chain, plan: Plan) -> list[dict[str, Any]]:
    records = chain.accounted()
    return [records[taken.file.path] for taken in plan.taken if taken.replaces]


def _settled(
    chain: Chain,
    plan: Plan,
    spool: Spool,
    replaced: list[str],
    first: date,
    paths: dict[str, str],
) -> tuple[set[date], Repeated]:
    """Return the months whose events are written anew, and what is left out of them.

    A month that holds an identity just read is one of them, and so is a month that holds another
    event of a line that no longer counts: a line counts, or does not, as a whole.
    """
    gone = {text for record in _replaced_records(chain, plan) for text in record["months"]}
    rewritten = {
        month
        for month in months_between(first, plan.horizon)
        if month in spool.months or month_text(month) in gone or not chain.files("events", month)
    }
    rewritten |= months_met(chain, plan, spool, rewritten, replaced)
    stands, disputed = standing(chain, plan, spool), contested(chain, plan, spool, replaced)
    while True:
        parts = [
            _all_events(chain, spool, month, bucket, replaced)
            for month in sorted(rewritten)
            for bucket in range(spool.lake.buckets)
        ]
        events = parts or [EVENTS.empty()]
        found = repeated(events, plan, paths, stands, disputed, spool.late_before)
        more = months_of_lines(chain, plan, found, rewritten, replaced)
        if not more:
            return rewritten, found
        rewritten |= more


def _all_events(
    chain: Chain, spool: Spool, month: date, bucket: int, replaced: list[str]
) -> pl.LazyFrame:
    before = stored(chain, EVENTS, month, bucket).filter(~pl.col("file_id").is_in(replaced))
    return pl.concat([before, spool.events(month, bucket)])


def _stage_events(
    staging: Staging, chain: Chain, spool: Spool, found: Repeated, month: date, replaced: list[str]
) -> None:
    """Write the month's events bucket by bucket, several at a time while they are small."""

    def write(bucket: int) -> None:
        rows = found.left(_all_events(chain, spool, month, bucket, replaced))
        staging.write(EVENTS, month, rows, bucket)

    buckets = range(staging.lake.buckets)
    before = max((file.rows for file in chain.files(EVENTS.name, month)), default=0)
    largest = before + max(spool.events_in(month, bucket) for bucket in buckets)
    at_once = min(pl.thread_pool_size(), max(_EVENTS_AT_ONCE // max(largest, 1), 1))
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(write, buckets))


def _refused_of(
    month: date, staging: Staging, spool: Spool, found: Repeated, refused: pl.DataFrame
) -> pl.DataFrame:
    """Return the lines of a month that are refused by what they say, and by another line."""
    conflicting = found.refused(refused.filter(pl.col("_month") == month), staging.lake.device_key)
    return pl.concat([spool.quarantine.take(month).collect(), conflicting])


def _stage_quarantine(
    staging: Staging, chain: Chain, rows: pl.DataFrame, month: date, replaced: list[str]
) -> None:
    before = stored(chain, QUARANTINE, month).filter(~pl.col("file_id").is_in(replaced))
    staging.write(QUARANTINE, month, pl.concat([before.collect(), rows]))


def _keep_refused(
    staging: Staging, spool: Spool, found: Repeated, refused: pl.DataFrame, at: datetime
) -> None:
    """Stage the lines refused, for somebody to look at: nothing of this run will be published."""
    for month in sorted({*spool.quarantine.rows, *refused["_month"]}):
        rows = _refused_of(month, staging, spool, found, refused)
        staging.write(QUARANTINE, month, rows)
    sections = {read.taken.file.path: read.taken.file.mapping.name for read in spool.reads}
    staging.seal({TOO_BAD: {"at": at.isoformat(), "sections": sections}})


def _stage_instructions(
    staging: Staging,
    chain: Chain,
    spool: Spool,
    month: date,
    replaced: list[str],
    paths: dict[str, str],
) -> None:
    before = stored(chain, INSTRUCTIONS, month).filter(~pl.col("file_id").is_in(replaced))
    rows = pl.concat([before.collect(), spool.rows("instructions", month)])
    named = rows.rename({"instruction_id": "event_id"})
    kept, _, _ = split_duplicates(named, "first", paths)
    staging.write(INSTRUCTIONS, month, kept.rename({"event_id": "instruction_id"}))


def _figures(intake: list[dict[str, Any]], read: set[str]) -> dict[str, int]:
    names = ("lines", "loaded", "quarantined", "overruled", "duplicate", "blank", "events")
    sums = {name: sum(record[name] for record in intake) for name in names}
    of_read = [record for record in intake if record["file_id"] in read]
    late, stored = (sum(r[name] for r in of_read) for name in ("late_events", "stored_events"))
    return {"files": len(intake), "late": late, "stored": stored} | sums


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
            "figures": {"intake": figures} | ({"absent": list(plan.absent)} if plan.absent else {}),
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
