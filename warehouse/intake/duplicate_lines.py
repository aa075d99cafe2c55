"""Events that were delivered more than once, over every file of an extraction."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from transforms.mapping.duplicates import split_duplicates
from transforms.mapping.masking import LONGEST_FOUND, LONGEST_RAW
from transforms.mapping.reading import keyed_hash
from transforms.mapping.shape import masked
from transforms.tables.logs import EVENTS, QUARANTINE
from warehouse.intake.plan import Plan

IDENTITY = ("source", "event_id")
_ROW = (*IDENTITY, "file_id", "source_line")
LINE = ("file_id", "source_line")
HASH = pl.struct(IDENTITY).hash()
_HASHES_AT_ONCE = 10_000_000
_SAID = tuple(n for n in EVENTS.schema.names() if n not in (*LINE, "source", "device_hash"))
_CONTENT = tuple(name for name in EVENTS.schema.names() if name not in LINE)
CONFLICTING, OVERRULED = "conflicting_event_id", "overruled_event_id"
_REASONS = {"first": OVERRULED, "last": OVERRULED, "quarantine": CONFLICTING}


@dataclass(frozen=True, slots=True)
class Removed:
    """Events of one file that the lake leaves out, the sum of their amounts, and the late ones."""

    events: int
    amount_cents: int
    late: int


NOTHING_REMOVED = Removed(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the lake leaves out of what was read.

    Attributes:
        duplicates: Rows left out because a copy of the same content stays: `source`, `event_id`,
            `file_id`, `source_line`.
        conflicts: Lines refused because an event of the same identity says something else, one row
            each: `file_id`, `source_line`, `reason`, what the event said, `counts`, where the
            line is that counts instead; null if none does; and `contested`, the ids of all its
            events that contradict others, if no rule settles that.
        duplicate_lines: Lines of which every event is such a copy: `file_id`, `source_line`.
        removed: What is left out of each file, by `file_id`.
        entangled: Pairs of files that share an event: `file_id`, `with_file_id`.
    """

    duplicates: pl.DataFrame
    conflicts: pl.DataFrame
    duplicate_lines: pl.DataFrame
    removed: dict[str, Removed]
    entangled: pl.DataFrame

    def refused(self, files: pl.DataFrame, key: str) -> pl.DataFrame:
        """Return the conflicts as rows of the table `quarantine`.

        Args:
            key: Of the hashes by which their events are known later.
            files: `file_id`, `file_path`, `source` of the files to return them of, and `hidden`,
                names of what was read from fields that nobody may see.
        """
        rows = self.conflicts.join(files, on="file_id")
        told = [_told(row) for row in rows.iter_rows(named=True)]
        rows = rows.with_columns(
            column=pl.lit("event_id"),
            found=pl.Series([found for found, _ in told], dtype=pl.String),
            raw_line=pl.Series([said for _, said in told], dtype=pl.String),
        )
        hashes = rows.select(*LINE, "source", event_id="contested").explode("event_id")
        hashes = hashes.drop_nulls("event_id").group_by(LINE).agg(event_hashes=identity_hash(key))
        rows = rows.join(hashes, on=LINE, how="left", maintain_order="left")
        return rows.select(QUARANTINE.schema.names()).cast(dict(QUARANTINE.schema))

    @property
    def conflicting(self) -> Counter[str]:
        """Return the number of lines of each file that contradict others, by `file_id`.

        A line that `first` or `last` overrules is none of them.
        """
        refused = self.conflicts.filter(pl.col("reason") == CONFLICTING)
        return Counter(refused["file_id"].to_list())

    @property
    def files(self) -> set[str]:
        """Return the `file_id` of every file that an event was left out of."""
        return {*self.duplicates["file_id"], *self.conflicts["file_id"]}

    def left(self, events: pl.LazyFrame) -> pl.LazyFrame:
        """Return the events that stay."""
        if self.duplicates.height:
            events = events.join(self.duplicates.lazy(), on=_ROW, how="anti", maintain_order="left")
        if self.conflicts.height:
            lines = self.conflicts.lazy().select(LINE)
            events = events.join(lines, on=LINE, how="anti", maintain_order="left")
        return events


def repeated(
    parts: Sequence[pl.LazyFrame],
    plan: Plan,
    paths: Mapping[str, str],
    standing: pl.DataFrame,
    contested: pl.DataFrame,
    late_before: datetime | None = None,
) -> Repeated:
    """Find every event identity that was delivered twice, and say which copies stay.

    Args:
        parts: Events by month and bucket: spooled, and of the lake where a month is rewritten.
        plan: Holds the rule of each source for copies that differ.
        paths: Path of each landing file, by `file_id`: the first copy is that of the first path.
        standing: Events of months that can no longer be rewritten, whose identity is in `parts`:
            they stay whatever the rule, so every event of their identity is left out.
        contested: Identities that lines in quarantine contradict each other about, and `file_id`
            of those lines: however deliveries are split over runs, no copy of them counts.
        late_before: End of the newest month that had facts before; None if there was none.
    """
    before = [rows.select(IDENTITY) for rows in (standing, contested)]
    twice = pl.concat([_twice(pl.concat(parts)), *before]).unique()
    if not twice.height:
        return _none()
    suspects = _among(parts, twice, IDENTITY)
    copies, conflicts = _judged(suspects, standing, contested, plan, paths)
    # What a refused line says counts no longer, so a copy elsewhere may have to stay after all.
    left = suspects.join(conflicts, on=LINE, how="anti", maintain_order="left")
    copies, _ = _judged(left, standing, contested, plan, paths)
    met = contested.join(suspects, on=IDENTITY, how="semi")
    shared = [rows.select(*IDENTITY, "file_id") for rows in (suspects, standing, met)]
    pairs = pl.concat(shared).unique()
    pairs = pairs.join(pairs, on=IDENTITY, suffix="_other").select(
        "file_id", with_file_id="file_id_other"
    )
    return Repeated(
        duplicates=copies.select(_ROW),
        conflicts=conflicts,
        duplicate_lines=_whole(parts, copies),
        removed=_removed(parts, copies, conflicts, late_before),
        entangled=pairs.filter(pl.col("file_id") != pl.col("with_file_id")).unique(),
    )


def identity_hash(key: str) -> pl.Expr:
    """Return the keyed hash of an event's identity."""
    return keyed_hash(pl.concat_str(IDENTITY, separator="\n"), key)


def _told(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id and where it counts, and what the event said: its line is no longer at hand."""
    said = {name: str(row[name]) for name in _SAID if row[name] is not None}
    said |= {name: masked(said[name]) for name in row["hidden"] if name in said}
    counts = f" (counts: {row['counts']})" if row["counts"] else ""
    text = json.dumps(said, ensure_ascii=False)
    return f"{said['event_id']}{counts}"[:LONGEST_FOUND], text[:LONGEST_RAW]


def _twice(events: pl.LazyFrame) -> pl.DataFrame:
    """Return every identity that occurs more than once.

    Hashes are compared first, a part of them at a time: their memory does not grow with the events,
    and as a rule there are no two alike.
    """
    rounds = 1 + events.select(pl.len()).collect().item() // _HASHES_AT_ONCE
    suspected = []
    for turn in range(rounds):
        hashes = events.select(hash=HASH).filter(pl.col("hash") % rounds == turn)
        hashes = hashes.collect()["hash"]
        if hashes.n_unique() < len(hashes):
            suspected.append(hashes.filter(hashes.is_duplicated()).unique())
    if not suspected:
        return pl.DataFrame(schema=dict.fromkeys(IDENTITY, pl.String()))
    alike = events.select(IDENTITY).filter(HASH.is_in(pl.concat(suspected).implode()))
    return alike.group_by(IDENTITY).len().filter(pl.col("len") > 1).select(IDENTITY).collect()


def _among(
    parts: Sequence[pl.LazyFrame], wanted: pl.DataFrame, on: tuple[str, ...]
) -> pl.DataFrame:
    """Return the events with one of these keys; a part at a time, as all would fill the memory."""
    if wanted.is_empty():
        return EVENTS.empty().collect()
    sought = wanted.lazy()
    return pl.concat([part.join(sought, on=on, how="semi").collect() for part in parts])


def _judged(
    suspects: pl.DataFrame,
    standing: pl.DataFrame,
    contested: pl.DataFrame,
    plan: Plan,
    paths: Mapping[str, str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return copies of what stays, and the lines refused with their reason."""
    rules = {source.name: source.on_conflict for source in plan.sources}
    late = suspects.join(standing, on=IDENTITY, how="semi", maintain_order="left")
    same = {"on": _CONTENT, "nulls_equal": True, "maintain_order": "left"}
    copies, kept = [late.join(standing, how="semi", **same)], [standing.select(_ROW)]
    refused = [late.join(standing, how="anti", **same).with_columns(reason=pl.lit(OVERRULED))]
    others = suspects.join(standing, on=IDENTITY, how="anti", maintain_order="left")
    unsettled = others.join(contested, on=IDENTITY, how="semi", maintain_order="left")
    refused.append(unsettled.with_columns(reason=pl.lit(CONFLICTING)))
    others = others.join(contested, on=IDENTITY, how="anti", maintain_order="left")
    for (name,), rows in others.partition_by("source", as_dict=True, maintain_order=True).items():
        rule = rules.get(name, "quarantine")
        stays, duplicates, conflicting = split_duplicates(rows, rule, paths)
        kept.append(stays.select(_ROW))
        copies.append(duplicates)
        refused.append(conflicting.with_columns(reason=pl.lit(_REASONS[rule])))
    lines = pl.concat(refused).sort(*LINE, "reason", "event_id")
    ids = pl.col("event_id").filter(pl.col("reason") == CONFLICTING)
    lines = lines.with_columns(contested=ids.implode().over(LINE))
    lines = lines.unique(LINE, keep="first", maintain_order=True)
    return pl.concat(copies), _with_winner(lines, pl.concat(kept), paths)


def _with_winner(lines: pl.DataFrame, kept: pl.DataFrame, paths: Mapping[str, str]) -> pl.DataFrame:
    """Add where the event is that counts; a line refused for its other event does not."""
    path = pl.col("file_id").replace_strict(paths, return_dtype=pl.String())
    wins = kept.join(lines, on=LINE, how="anti").unique(IDENTITY)
    wins = wins.select(*IDENTITY, counts=pl.format("{} line {}", path, "source_line"))
    found = lines.join(wins, on=IDENTITY, how="left", maintain_order="left")
    return found.select(*LINE, "reason", "counts", "contested", *_SAID)


def _whole(parts: Sequence[pl.LazyFrame], copies: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of which every event is a copy."""
    of_lines = _among(parts, copies.select(LINE).unique(), LINE).group_by(LINE).len()
    counted = copies.group_by(LINE).len("copies").join(of_lines, on=LINE)
    return counted.filter(pl.col("copies") == pl.col("len")).select(LINE)


def _removed(
    parts: Sequence[pl.LazyFrame],
    copies: pl.DataFrame,
    conflicts: pl.DataFrame,
    late_before: datetime | None,
) -> dict[str, Removed]:
    """Sum what is left out: copies, and every event of a line that was refused."""
    refused = _among(parts, conflicts.select(LINE), LINE)
    sums = pl.concat([refused, copies]).group_by("file_id")
    is_late = (pl.col("occurred_at") < late_before) if late_before else pl.lit(False)
    sums = sums.agg(pl.len(), pl.col("amount_cents").sum(), is_late.sum().alias("late"))
    return {file_id: Removed(*of_file) for file_id, *of_file in sums.iter_rows()}


def _none() -> Repeated:
    rows = EVENTS.empty().collect()
    return Repeated(
        duplicates=rows.select(_ROW),
        conflicts=rows.select(
            *(*LINE, *_SAID),
            **dict.fromkeys(("reason", "counts"), pl.lit(None, pl.String())),
            contested=pl.lit(None, pl.List(pl.String())),
        ),
        duplicate_lines=rows.select(LINE),
        removed={},
        entangled=rows.select("file_id", with_file_id="file_id"),
    )
