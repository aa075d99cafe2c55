"""The spool: rows as they were read, set aside by the month they are filed under."""

import shutil
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl

from transforms.mapping.path_pattern import COMPRESSED
from transforms.months import month_of, months_after
from transforms.tables.logs import ACCOUNTS, EVENTS, INSTRUCTIONS, QUARANTINE
from warehouse.intake.landing import FileFigures, load_file
from warehouse.intake.landing_bytes import BLOCK_BYTES
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import Plan, Taken
from warehouse.intake.shelf import Shelf
from warehouse.store.lake import Lake, bucket_of
from warehouse.store.storage import draft_of

_FILES_AHEAD = 8
_EVENTS_IN_MEMORY = 4_000_000  # 200 bytes each
_MOST_PACKED = 16  # text is rarely larger than that many times its compressed file
_REFUSED_IN_MEMORY = 200_000


@dataclass(slots=True)
class Read:
    """One landing file as it was read.

    Attributes:
        taken: The file and its mapping.
        figures: Sums of its lines.
        waiting_lines, waiting_events, waiting_cents: Of months after the extraction; the file
            is read again then.
        waiting: Their lines, block by block.
        late_events: Of months that had facts when their file came, also those left out later on.
        booked_events: Filed under a later month than they happened in.
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
    booked_events: int = 0
    months: Counter = field(default_factory=Counter)
    quarantine_month: date | None = None


class Spool:
    """Reads landing files and keeps their rows until they are written to the lake.

    Attributes:
        reads: The files read, in order.
        touched: Months that new rows are filed under.
        late_months: Months that rows filed under a later one belong to.
        accounts_from: First month with a new account row; snapshots before it stay.
        quarantine: Refused lines by the month they are filed under.
        instructions, accounts: Rows with the month they are filed under, as `_month`.
    """

    def __init__(self, lake: Lake, plan: Plan, extracted_at: datetime):
        self.lake = lake
        self.plan = plan
        self._extracted_at = extracted_at
        self.reads: list[Read] = []
        self.touched: set[date] = set()
        self.late_months: set[date] = set()
        self.accounts_from = plan.earliest if plan.makes_accounts_anew else date.max
        if plan.makes_accounts_anew:
            self.touched.add(plan.earliest)
        self.instructions: list[pl.DataFrame] = []
        self.accounts: list[pl.DataFrame] = []
        self._folder = draft_of(lake.root)
        self._events = Shelf(self._folder / "events", EVENTS.schema, _EVENTS_IN_MEMORY)
        self.quarantine = Shelf(self._folder / "quarantine", QUARANTINE.schema, _REFUSED_IN_MEMORY)

    def __enter__(self) -> "Spool":
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def read(self, taken: Sequence[Taken], landing: Landing) -> None:
        """Read landing files; rows are kept in the order of the files and their lines.

        Small files are read several at a time, of a large one several blocks.
        """
        ahead: deque[tuple[Read, Future]] = deque()
        with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
            for one in taken:
                read = Read(one, quarantine_month=self._quarantine_month(one))
                self.reads.append(read)
                if is_small := _is_small(landing, one):
                    ahead.append((read, pool.submit(self._rows_of, one, landing)))
                while ahead and (not is_small or len(ahead) > _FILES_AHEAD):
                    self._settle(*ahead.popleft())
                if not is_small:
                    read.figures = self._load(one, landing, partial(self._keep, read), pool)
            while ahead:
                self._settle(*ahead.popleft())
        self._events.lay_down_last()

    def _settle(self, read: Read, begun: Future) -> None:
        """Keep the rows of a small file."""
        read.figures, blocks = begun.result()
        for table, rows in blocks:
            self._keep(read, table, rows)

    def _rows_of(
        self, taken: Taken, landing: Landing
    ) -> tuple[FileFigures, list[tuple[str, pl.DataFrame]]]:
        blocks: list[tuple[str, pl.DataFrame]] = []
        return self._load(taken, landing, lambda *block: blocks.append(block)), blocks

    def _load(
        self, taken: Taken, landing: Landing, spool: Callable, pool: Executor | None = None
    ) -> FileFigures:
        bound = self.bound_of(taken)
        figures = load_file(
            taken.file,
            landing.at_hand(taken.file.path),
            device_key=self.lake.device_key,
            time_zone=self.lake.time_zone,
            spool=spool,
            extracted_at=bound and datetime.fromisoformat(bound),
            pool=pool,
            sha256=taken.sha256,
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
    def late_before(self) -> datetime | None:
        """Return the end of the newest month that had facts; None if none had."""
        if self.plan.newest is None:
            return None
        end = months_after(self.plan.newest, 1)
        midnight = datetime(end.year, end.month, 1, tzinfo=ZoneInfo(self.lake.time_zone))
        return midnight.astimezone(UTC)

    @property
    def months(self) -> set[date]:
        """Return the months with spooled events."""
        return {month for month, _ in self._events.rows}

    def events(self, month: date, bucket: int) -> pl.LazyFrame:
        """Return the spooled events of a bucket of users filed under a month."""
        return self._events.take((month, bucket))

    def events_in(self, month: date, bucket: int) -> int:
        """Return how many they are."""
        return self._events.rows.get((month, bucket), 0)

    def rows(self, table: str, month: date) -> pl.DataFrame:
        """Return the spooled rows of `instructions` or `accounts` of a month."""
        kept = getattr(self, table)
        if not kept:
            return pl.DataFrame(schema=_SCHEMAS[table])
        return pl.concat(kept).filter(pl.col("_month") == month).drop("_month")

    def accounts_until(self, month: date) -> pl.DataFrame:
        """Return the spooled rows of `accounts` of a month and those before it, oldest first."""
        months = sorted(
            {m for kept in self.accounts for m in kept["_month"].unique() if m <= month}
        )
        return pl.concat(self.rows("accounts", each) for each in months or [month])

    def _months_of(self, moments: pl.Series) -> pl.Series:
        """Return the month in which each moment is, in the lender's zone."""
        ends = pl.Series([moments.min(), moments.max()], dtype=moments.dtype)
        ends = ends.dt.convert_time_zone(self.lake.time_zone)
        offsets = ends.dt.base_utc_offset() + ends.dt.dst_offset()
        months = ends.dt.date().dt.month_start()
        if months.n_unique() == offsets.n_unique() == 1:  # as a rule, and cheaper
            return months.new_from_index(0, len(moments))
        return moments.dt.convert_time_zone(self.lake.time_zone).dt.date().dt.month_start()

    def _filed(self, read: Read, rows: pl.DataFrame, months: pl.Series) -> pl.DataFrame:
        """Add `_month`, and leave out what waits and what an earlier extraction took."""
        rows = rows.with_columns(months.alias("_month"))
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
        booked = moved["_month"] != rows["_month"]
        read.booked_events += int(booked.sum())
        read.late_events += int((booked | self._is_late(read, rows["_month"])).sum())
        return moved

    def _is_late(self, read: Read, month: pl.Series) -> pl.Series:
        """Tell which rows came after their month; a correction of what had come is not late."""
        had_facts = self.plan.newest if read.taken.replaces is None else None
        return month <= (had_facts or date.min)

    def _keep_events(self, read: Read, rows: pl.DataFrame) -> None:
        filed = self._filed(read, rows, self._months_of(rows["occurred_at"]))
        filed = filed.with_columns(bucket_of(self.lake.buckets).alias("_bucket"))
        months = filed["_month"].unique().to_list()
        for month in months:
            part = filed if len(months) == 1 else filed.filter(pl.col("_month") == month)
            read.months[month] += part.height
            buckets = part.drop("_month").partition_by("_bucket", as_dict=True, include_key=False)
            for (bucket,), of_bucket in buckets.items():
                self._events.lay((month, bucket), of_bucket)

    def _keep_quarantine(self, read: Read, rows: pl.DataFrame) -> None:
        if read.taken.read_through is None:
            self.quarantine.lay(read.quarantine_month, rows)

    def _keep_instructions(self, read: Read, rows: pl.DataFrame) -> None:
        self.instructions.append(self._filed(read, rows, self._months_of(rows["recorded_at"])))

    def _keep_accounts(self, read: Read, rows: pl.DataFrame) -> None:
        """Keep account rows; the snapshots have those of a file known already, if they stand."""
        rows = rows.with_columns(_month=pl.col("known_on").dt.month_start())
        later = rows.filter(pl.col("_month") > self.plan.horizon)
        read.waiting_lines += later["source_line"].n_unique()
        rows = rows.filter(pl.col("_month") <= self.plan.horizon)
        if read.taken.read_through and not self.plan.makes_accounts_anew:
            rows = rows.filter(pl.col("_month") > read.taken.read_through)
        filed = {month: self.plan.filed_under(month) for month in rows["_month"].unique().to_list()}
        if not read.taken.known:
            self.touched |= set(filed.values())
            self.accounts_from = min([self.accounts_from, *filed.values()])
        self.accounts.append(
            rows.with_columns(pl.col("_month").replace_strict(filed, return_dtype=pl.Date()))
        )


def _is_small(landing: Landing, taken: Taken) -> bool:
    """Tell whether all rows of a file may be held at once, while other files are read."""
    packed = _MOST_PACKED if taken.file.path.endswith(COMPRESSED) else 1
    return landing.size_bytes(taken.file.path) * packed <= BLOCK_BYTES


_SCHEMAS = {
    "instructions": INSTRUCTIONS.schema,
    "accounts": {name: dtype for name, dtype in ACCOUNTS.schema.items() if name != "as_of"},
}
