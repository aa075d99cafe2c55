"""The spool: rows as they were read, set aside by the month they are filed under."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl

from transforms.months import month_of
from transforms.tables.logs import ACCOUNTS, EVENTS, INSTRUCTIONS, QUARANTINE
from warehouse.intake import Plan, Taken
from warehouse.lake import Lake
from warehouse.landing import FileFigures, load_file
from warehouse.landing_place import Landing
from warehouse.storage import draft_of

_SMALL_BYTES = 32 << 20
_FILES_AHEAD = 16
_ROWS_KEPT = 500_000  # rows of one month held in memory before they go to the disk


@dataclass(slots=True)
class Read:
    """One landing file as it was read.

    Attributes:
        taken: The file and its mapping.
        figures: Sums of its lines.
        waiting_lines, waiting_events, waiting_cents: Of months after the extraction; the file
            is read again then.
        waiting: Their lines, block by block.
        late_events: Filed under a later month than they happened in.
        months: Events spooled, by the month they are filed under.
        quarantine_month: Month that its refused lines are filed under.
    """

    taken: Taken
    figures: FileFigures | None = None
    waiting_lines: int = 0
    waiting_events: int = 0
    waiting_cents: int = 0
    waiting: list[pl.Series] = field(default_factory=list)
    late_events: int = 0
    months: Counter = field(default_factory=Counter)
    quarantine_month: date | None = None


class Spool:
    """Reads landing files and keeps their rows until they are written to the lake.

    Attributes:
        reads: The files read, in order.
        touched: Months that new rows are filed under.
        late_months: Months that rows filed under a later one belong to.
        accounts_from: First month with a new account row; snapshots before it stay.
        quarantine, instructions, accounts: Rows with the month they are filed under, as `_month`.
    """

    def __init__(self, lake: Lake, plan: Plan, extracted_at: datetime):
        self.lake = lake
        self.plan = plan
        self._extracted_at = extracted_at
        self.reads: list[Read] = []
        self.touched: set[date] = set()
        self.late_months: set[date] = set()
        self.accounts_from = date.max
        self.quarantine: list[pl.DataFrame] = []
        self.instructions: list[pl.DataFrame] = []
        self.accounts: list[pl.DataFrame] = []
        self._ahead: list[Future | None] = []
        self._folder = draft_of(lake.root)
        self._held: dict[date, list[pl.DataFrame]] = defaultdict(list)
        self._parts: dict[date, list[Path]] = defaultdict(list)

    def __enter__(self) -> "Spool":
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def read(self, taken: Sequence[Taken], landing: Landing) -> None:
        """Read landing files, small ones several at a time; rows are kept in the order given."""
        with ThreadPoolExecutor() as pool:
            for one, small in [(one, _is_small(landing, one)) for one in taken]:
                self.reads.append(Read(one, quarantine_month=self._quarantine_month(one)))
                self._ahead.append(pool.submit(self._rows_of, one, landing) if small else None)
                if not small or len(self._ahead) > _FILES_AHEAD:
                    self._settle(landing)
            self._settle(landing)

    def _settle(self, landing: Landing) -> None:
        """Keep the rows of every file begun, in order."""
        for read, begun in zip(self.reads[-len(self._ahead) :], self._ahead, strict=False):
            if begun is None:  # too large to hold: block by block
                read.figures = self._load(read.taken, landing, partial(self._keep, read))
                continue
            read.figures, blocks = begun.result()
            for table, rows in blocks:
                self._keep(read, table, rows)
        self._ahead.clear()

    def _rows_of(
        self, taken: Taken, landing: Landing
    ) -> tuple[FileFigures, list[tuple[str, pl.DataFrame]]]:
        blocks: list[tuple[str, pl.DataFrame]] = []
        return self._load(taken, landing, lambda *block: blocks.append(block)), blocks

    def _load(self, taken: Taken, landing: Landing, spool: Callable) -> FileFigures:
        bound = self.bound_of(taken)
        figures = load_file(
            taken.file,
            landing.at_hand(taken.file.path),
            device_key=self.lake.device_key,
            time_zone=self.lake.time_zone,
            spool=spool,
            extracted_at=bound and datetime.fromisoformat(bound),
        )
        landing.done(taken.file.path)
        return figures

    def bound_of(self, taken: Taken) -> str | None:
        """Return when a file was first read, if nothing else bounds the times of its lines."""
        if taken.file.period:
            return None
        known = taken.known and taken.known.get("extracted_at")
        return known or self._extracted_at.isoformat()

    def _keep(self, read: Read, table: str, rows: pl.DataFrame) -> None:
        if rows.height:
            getattr(self, f"_keep_{table}")(read, rows)

    def _quarantine_month(self, taken: Taken) -> date:
        if taken.known:
            return month_of(taken.known["quarantine_month"])
        last = taken.file.period[1].replace(day=1) if taken.file.period else self.plan.horizon
        return self.plan.filed_under(min(last, self.plan.horizon))

    @property
    def months(self) -> set[date]:
        """Return the months with spooled events."""
        return {month for month, parts in self._parts.items() if parts} | {
            month for month, held in self._held.items() if held
        }

    def events(self, month: date) -> pl.LazyFrame:
        """Return the spooled events filed under a month."""
        parts = [pl.scan_parquet(path) for path in self._parts[month]]
        return pl.concat([EVENTS.empty(), *parts, *(part.lazy() for part in self._held[month])])

    def rows(self, table: str, month: date) -> pl.DataFrame:
        """Return the spooled rows of `quarantine`, `instructions` or `accounts` of a month."""
        kept = getattr(self, table)
        if not kept:
            return pl.DataFrame(schema=_SCHEMAS[table])
        return pl.concat(kept).filter(pl.col("_month") == month).drop("_month")

    def _month_of(self, moment: pl.Expr) -> pl.Expr:
        return moment.dt.convert_time_zone(self.lake.time_zone).dt.date().dt.month_start()

    def _filed(self, read: Read, rows: pl.DataFrame, month: pl.Expr) -> pl.DataFrame:
        """Add `_month`, and leave out what waits and what an earlier extraction took."""
        rows = rows.with_columns(month.alias("_month"))
        waiting = rows.filter(pl.col("_month") > self.plan.horizon)
        if waiting.height:
            read.waiting_events += waiting.height
            read.waiting_cents += int(waiting["amount_cents"].sum())
            read.waiting.append(waiting["source_line"].unique())
            read.waiting_lines += len(read.waiting[-1])
        rows = rows.filter(pl.col("_month") <= self.plan.horizon)
        if read.taken.read_through:
            rows = rows.filter(pl.col("_month") > read.taken.read_through)
        asked = rows["_month"].unique().to_list()
        filed = {month: self.plan.filed_under(month) for month in asked}
        self.touched |= set(filed.values())
        self.late_months |= {month for month, under in filed.items() if under != month}
        moved = rows.with_columns(pl.col("_month").replace_strict(filed, return_dtype=pl.Date()))
        read.late_events += int((moved["_month"] != rows["_month"]).sum())
        return moved

    def _keep_events(self, read: Read, rows: pl.DataFrame) -> None:
        filed = self._filed(read, rows, self._month_of(pl.col("occurred_at")))
        for (month,), part in filed.partition_by("_month", as_dict=True, include_key=False).items():
            read.months[month] += part.height
            self._held[month].append(part.select(EVENTS.schema.names()))
            if sum(held.height for held in self._held[month]) > _ROWS_KEPT:
                self._put_aside(month)

    def _put_aside(self, month: date) -> None:
        path = self._folder / f"{month:%Y-%m}-{len(self._parts[month])}.parquet"
        pl.concat(self._held.pop(month)).write_parquet(path, compression="lz4")
        self._parts[month].append(path)

    def _keep_quarantine(self, read: Read, rows: pl.DataFrame) -> None:
        if read.taken.read_through is None:
            self.quarantine.append(rows.with_columns(_month=pl.lit(read.quarantine_month)))

    def _keep_instructions(self, read: Read, rows: pl.DataFrame) -> None:
        self.instructions.append(self._filed(read, rows, self._month_of(pl.col("recorded_at"))))

    def _keep_accounts(self, read: Read, rows: pl.DataFrame) -> None:
        """Keep account rows; those of a file known already only matter to months rewritten."""
        rows = rows.with_columns(_month=pl.col("known_on").dt.month_start())
        later = rows.filter(pl.col("_month") > self.plan.horizon)
        read.waiting_lines += later["source_line"].n_unique()
        rows = rows.filter(pl.col("_month") <= self.plan.horizon)
        earliest = self.plan.earliest
        if read.taken.read_through and earliest:
            rows = rows.filter(pl.col("_month") >= earliest)
        filed = {month: self.plan.filed_under(month) for month in rows["_month"].unique().to_list()}
        if not read.taken.known:
            self.touched |= set(filed.values())
            self.accounts_from = min([self.accounts_from, *filed.values()])
        self.accounts.append(
            rows.with_columns(pl.col("_month").replace_strict(filed, return_dtype=pl.Date()))
        )


def _is_small(landing: Landing, taken: Taken) -> bool:
    return landing.size_bytes(taken.file.path) <= _SMALL_BYTES


_SCHEMAS = {
    "quarantine": QUARANTINE.schema,
    "instructions": INSTRUCTIONS.schema,
    "accounts": {
        **{name: dtype for name, dtype in ACCOUNTS.schema.items() if name != "as_of"},
        "known_on": pl.Date(),
    },
}
