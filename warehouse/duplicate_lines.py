"""Events that were delivered more than once, over every file of an extraction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.mapping.duplicates import split_duplicates
from transforms.tables.logs import EVENTS
from warehouse.intake import Plan

_ROW = ("source", "event_id", "file_id", "source_line")
_LINE = ("file_id", "source_line")


@dataclass(frozen=True, slots=True)
class Removed:
    """Events of one file that the lake leaves out, and the sum of their amounts."""

    events: int
    amount_cents: int


NOTHING_REMOVED = Removed(0, 0)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the lake leaves out of what was read.

    Attributes:
        duplicates: Rows left out because a copy of the same content stays: `source`, `event_id`,
            `file_id`, `source_line`.
        conflicts: Lines refused because an event of the same identity says something else:
            `file_id`, `source_line`, `event_id`.
        duplicate_lines: Lines of which every event is such a copy, by `file_id`.
        conflict_lines: Lines refused, by `file_id`.
        removed: What is left out of each file, by `file_id`.
        entangled: Pairs of files that share an event: `file_id`, `with_file_id`.
    """

    duplicates: pl.DataFrame
    conflicts: pl.DataFrame
    duplicate_lines: dict[str, int]
    conflict_lines: dict[str, int]
    removed: dict[str, Removed]
    entangled: pl.DataFrame

    def left(self, events: pl.LazyFrame) -> pl.LazyFrame:
        """Return the events that stay."""
        if self.duplicates.height:
            events = events.join(self.duplicates.lazy(), on=_ROW, how="anti", maintain_order="left")
        if self.conflicts.height:
            lines = self.conflicts.lazy().select(_LINE).unique()
            events = events.join(lines, on=_LINE, how="anti", maintain_order="left")
        return events


def repeated(parts: Iterable[pl.LazyFrame], plan: Plan, paths: Mapping[str, str]) -> Repeated:
    """Find every event identity that occurs twice in `parts`, and say which copies stay.

    Args:
        parts: Events by month: spooled, and of the lake where a month is rewritten.
        plan: Holds the rule of each source for copies that differ.
        paths: Path of each landing file, by `file_id`: the first copy is that of the first path.
    """
    events = pl.concat(parts)
    identity = ["source", "event_id"]
    twice = events.group_by(identity).len().filter(pl.col("len") > 1).select(identity).collect()
    if not twice.height:
        return _none()
    suspects = events.join(twice.lazy(), on=identity, how="semi").collect()
    rules = {source.name: source.on_conflict for source in plan.sources}
    split = [
        split_duplicates(rows, rules.get(name, "quarantine"), paths)
        for (name,), rows in suspects.partition_by("source", as_dict=True).items()
    ]
    copies = pl.concat([duplicates for _, duplicates, _ in split])
    conflicts = pl.concat([conflicting for _, _, conflicting in split])
    lines = copies.select(_LINE).unique()
    of_lines = events.join(lines.lazy(), on=_LINE, how="semi").group_by(_LINE).len().collect()
    whole = (
        copies.group_by(_LINE)
        .len("copies")
        .join(of_lines, on=_LINE)
        .filter(pl.col("copies") == pl.col("len"))
    )
    files = suspects.select(*identity, "file_id").unique()
    pairs = files.join(files, on=identity, suffix="_other").select(
        "file_id", with_file_id="file_id_other"
    )
    return Repeated(
        duplicates=copies.select(_ROW),
        conflicts=conflicts.select(*_LINE, "event_id"),
        duplicate_lines=_count(whole),
        conflict_lines=_count(conflicts.select(_LINE).unique()),
        removed=_removed(events, copies, conflicts),
        entangled=pairs.filter(pl.col("file_id") != pl.col("with_file_id")).unique(),
    )


def _removed(
    events: pl.LazyFrame, copies: pl.DataFrame, conflicts: pl.DataFrame
) -> dict[str, Removed]:
    """Sum what is left out: copies, and every event of a line that was refused."""
    lines = conflicts.select(_LINE).unique()
    refused = events.join(lines.lazy(), on=_LINE, how="semi").collect()
    others = copies.join(lines, on=_LINE, how="anti")
    sums = (
        pl.concat([refused, others]).group_by("file_id").agg(pl.len(), pl.col("amount_cents").sum())
    )
    return {file_id: Removed(count, cents) for file_id, count, cents in sums.iter_rows()}


def _count(lines: pl.DataFrame) -> dict[str, int]:
    return dict(lines.group_by("file_id").len().iter_rows())


def _none() -> Repeated:
    rows = EVENTS.empty().collect()
    return Repeated(
        duplicates=rows.select(_ROW),
        conflicts=rows.select(*_LINE, "event_id"),
        duplicate_lines={},
        conflict_lines={},
        removed={},
        entangled=rows.select("file_id", with_file_id="file_id"),
    )
