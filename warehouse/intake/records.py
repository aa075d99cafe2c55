"""Intake records: what the lake remembers of each landing file, and what became of its lines."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from transforms.mapping.masking import hidden_targets
from transforms.months import month_of, month_text
from transforms.tables.logs import EVENTS
from warehouse.intake.duplicate_lines import NOTHING_REMOVED, OVERRULED, Repeated
from warehouse.intake.landing_place import Landing
from warehouse.intake.spool import Read, Spool
from warehouse.store.audit import Chain

_PARTS = ("duplicate", "quarantined", "overruled")


def intake_records(
    chain: Chain, spool: Spool, found: Repeated, landing: Landing, paths: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the records of the files read, and anew of those read before that are concerned.

    Args:
        chain: The lake as it was.
        spool: What was read.
        found: What is left out of it, and of files read before.
        landing: Where it was read from.
        paths: What `paths_of` gives.
    """
    read = {one.figures.file_id for one in spool.reads}
    records = [
        _record(one, found, spool, paths) | landing.mark(one.taken.file.path) for one in spool.reads
    ]
    replaced = {record["path"] for record in records}
    concerned = found.files | set(found.entangled["file_id"])
    for path, record in sorted(chain.accounted().items()):
        if record["file_id"] in concerned - read and path not in replaced:
            records.append(_amended(record, found, spool, paths))
    return records


def paths_of(chain: Chain, spool: Spool) -> dict[str, str]:
    """Return the path of every landing file ever read, by `file_id`."""
    known = {
        record["file_id"]: record["path"]
        for entry in chain.entries
        if entry.kind == "facts"
        for record in entry.intake
    }
    return known | {read.figures.file_id: read.taken.file.path for read in spool.reads}


def quarantine_months(chain: Chain, spool: Spool, found: Repeated) -> pl.DataFrame:
    """Return where lines refused for their event ids are filed.

    Returns:
        `file_id`, `file_path`, `source`, `_month`, and `hidden`, names of what was read from fields
        that nobody may see: one row for each file with such lines.
    """
    refused = set(found.conflicts["file_id"])
    files = {
        record["file_id"]: (
            *(record["path"], record["source"], record["section"]),
            spool.plan.filed_under(month_of(record["quarantine_month"])),
        )
        for record in chain.accounted().values()
    }
    files |= {
        read.figures.file_id: (
            *(read.taken.file.path, read.taken.source.name, read.taken.file.mapping.name),
            read.quarantine_month,
        )
        for read in spool.reads
    }
    hidden = {
        (source.name, section.name): sorted(hidden_targets(section))
        for source in spool.plan.sources
        for section in source.files
    }
    rows = [
        (file_id, path, source, month, hidden.get((source, section), EVENTS.schema.names()))
        for file_id, (path, source, section, month) in files.items()
        if file_id in refused
    ]
    texts = dict.fromkeys(("file_id", "file_path", "source"), pl.String)
    others = {"_month": pl.Date, "hidden": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=texts | others, orient="row")


def _record(read: Read, found: Repeated, spool: Spool, paths: Mapping[str, str]) -> dict[str, Any]:
    """Return what the lake remembers of a file just read."""
    figures, taken = read.figures, read.taken
    known = taken.known or {}
    left_out, settled = _left_out(figures.file_id, found, read.waiting)
    for part in _PARTS:  # of lines that were done with when the file was read before
        earlier = known.get("settled", {}).get(part, 0)
        left_out[part] += earlier
        settled[part] += earlier
    months = {month_text(month): count for month, count in sorted(read.months.items())}
    removed = found.removed.get(figures.file_id, NOTHING_REMOVED)
    removed_events = known.get("removed_events", 0) + removed.events
    removed_cents = known.get("removed_cents", 0) + removed.amount_cents
    return {
        "path": taken.file.path,
        "sha256": figures.sha256,
        "size_bytes": figures.size_bytes,
        "source": taken.source.name,
        "mapping": taken.file.mapping_digest,
        "tables": list(taken.file.marks),
        "file_id": figures.file_id,
        "through": month_text(spool.plan.horizon),
        "extracted_at": spool.bound_of(taken),
        "lines": figures.lines,
        "loaded": figures.loaded - left_out["duplicate"] - left_out["quarantined"],
        "quarantined": figures.quarantined + left_out["quarantined"],
        "overruled": left_out["overruled"],
        "duplicate": left_out["duplicate"],
        "blank": figures.blank,
        "unfound": figures.unfound,
        "settled": settled,
        "section": taken.file.mapping.name,
        "accounts": figures.accounts,
        "events": figures.events,
        "stored_events": figures.events - read.waiting_events - removed_events,
        "stored_cents": figures.amount_cents - read.waiting_cents - removed_cents,
        "removed_events": removed_events,
        "removed_cents": removed_cents,
        "whole": taken.known is None,
        "waiting_lines": read.waiting_lines,
        "waiting_events": read.waiting_events,
        "late_events": known.get("late_events", 0)
        + read.late_events
        - (removed.late if read.late_events else 0),
        "booked_events": known.get("booked_events", 0) + read.booked_events,
        "months": dict(sorted((known.get("months", {}) | months).items())),
        "quarantine_month": month_text(read.quarantine_month),
        "dropped_fields": list(figures.dropped_fields),
        "clocks": [clock.to_plain() for clock in figures.clocks],
        "entangled": _entangled(figures.file_id, found, paths, known.get("entangled", ())),
    }


def _amended(
    record: dict[str, Any], found: Repeated, spool: Spool, paths: Mapping[str, str]
) -> dict[str, Any]:
    """Return the record of a file read before, some lines of which no longer count."""
    file_id = record["file_id"]
    left_out, _ = _left_out(file_id, found, ())
    removed = found.removed.get(file_id, NOTHING_REMOVED)
    month = month_of(record["quarantine_month"])
    if left_out["quarantined"]:
        month = spool.plan.filed_under(month)
    return record | {
        "loaded": record["loaded"] - left_out["duplicate"] - left_out["quarantined"],
        **{part: record[part] + left_out[part] for part in _PARTS},
        "settled": {part: record["settled"][part] + left_out[part] for part in _PARTS},
        "stored_events": record["stored_events"] - removed.events,
        "stored_cents": record["stored_cents"] - removed.amount_cents,
        "removed_events": record["removed_events"] + removed.events,
        "removed_cents": record["removed_cents"] + removed.amount_cents,
        "whole": False,
        "clocks": [],
        "quarantine_month": month_text(month),
        "entangled": _entangled(file_id, found, paths, record["entangled"]),
    }


def _left_out(
    file_id: str, found: Repeated, waiting: Iterable[pl.Series]
) -> tuple[dict[str, int], dict[str, int]]:
    """Count a file's lines that do not count, and those of them without events of later months."""
    of_file = pl.col("file_id") == file_id
    copies = found.duplicate_lines.filter(of_file)["source_line"]
    refused = found.conflicts.filter(of_file)
    lines = {
        "duplicate": copies,
        "quarantined": refused["source_line"],
        "overruled": refused.filter(pl.col("reason") == OVERRULED)["source_line"],
    }
    later = pl.concat(waiting).implode() if waiting else pl.Series([[]], dtype=pl.List(pl.Int64))
    return (
        {part: len(of) for part, of in lines.items()},
        {part: int((~of.is_in(later)).sum()) for part, of in lines.items()},
    )


def _entangled(
    file_id: str, found: Repeated, paths: Mapping[str, str], known: Iterable[str]
) -> list[str]:
    """Return the paths of files that share an event with this one, now or before."""
    others = found.entangled.filter(pl.col("file_id") == file_id)["with_file_id"]
    return sorted({*known, *(paths[other] for other in others)} - {paths[file_id]})
