"""Tiny lakes for tests: a few lines of ana, bo, chen and dai, staged and committed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tests.tables import filled
from transforms.months import last_day, month_text
from transforms.tables.decided import LIMITS, WARNINGS
from transforms.tables.facts import ACTIVITY
from transforms.tables.logs import EVENTS
from transforms.tables.table import Table
from warehouse.store.audit import Chain, Entry
from warehouse.store.digests import inputs_id
from warehouse.store.lake import Lake, bucket_of, create_lake
from warehouse.store.publish import Outcome, publish
from warehouse.store.staging import Staging

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
USERS = ("ana", "bo", "chen", "dai")


def tiny_lake(root: Path, *, buckets: int = 1) -> Lake:
    """Return a new lake whose device key is known."""
    return create_lake(root, buckets=buckets, device_key="0" * 64)


def identity(inputs: str) -> str:
    """Return the identity of inputs that a test calls by a name."""
    return inputs_id({"inputs": inputs})


def rows_of(table: Table, month: date, text: str) -> pl.LazyFrame:
    """Return rows of a table and month, columns not written filled in."""
    rows = filled(table, text)
    if "as_of" in table.schema.names():
        rows = rows.with_columns(as_of=last_day(month))
    return rows


def stage(lake: Lake, month: date, tables: dict[Table, str], inputs: str, **notes) -> Staging:
    """Stage and seal rows of tables; `notes` hold at least the kind of the run."""
    staging = Staging.begin(lake, month, identity(inputs))
    for table, text in tables.items():
        rows = rows_of(table, month, text)
        for bucket in range(lake.buckets) if table.bucketed else ():
            staging.write(table, month, rows.filter(bucket_of(lake.buckets) == bucket), bucket)
        if not table.bucketed:
            staging.write(table, month, rows)
    staging.seal({"months": [month_text(month)]} | notes)
    return staging


def stage_limits(lake: Lake, month: date, limit_cents: int, inputs: str = "first", **notes):
    """Stage the same limit for ana, bo, chen and dai, and a warning whose value it is."""
    limits = "\n".join(f"{user} | {limit_cents} | open" for user in USERS)
    warnings = f"user_id | signal | value\nana | late | {limit_cents}"
    tables = {LIMITS: f"user_id | limit_cents | line_status\n{limits}", WARNINGS: warnings}
    return stage(lake, month, tables, inputs, **{"kind": "limits"} | notes)


def stage_events(lake: Lake, month: date, amount_cents: int = 100, inputs: str = "first", **notes):
    """Stage a purchase of each user."""
    events = "\n".join(f"e-{user} | {user} | {month}T08:00 | {amount_cents} | 1" for user in USERS)
    header = "event_id | user_id | occurred_at | amount_cents | source_line"
    return stage(lake, month, {EVENTS: f"{header}\n{events}"}, inputs, **{"kind": "facts"} | notes)


def stage_activity(lake: Lake, month: date, event_count: int, inputs: str = "first", **notes):
    """Stage what ana did in a month."""
    rows = f"user_id | event_count\nana | {event_count}"
    return stage(lake, month, {ACTIVITY: rows}, inputs, **{"kind": "facts"} | notes)


def commit(
    lake: Lake, staging: Staging, step: Callable[[str], None] = lambda _: None, **given
) -> Outcome:
    """Publish what is staged, at a time that is always the same."""
    clock = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    return publish(lake, staging, run={"run_id": "a test"}, clock=lambda: clock, step=step, **given)


def newest(lake: Lake) -> Entry:
    """Return the newest audit entry."""
    return Chain.read(lake).entries[-1]


def published_cents(lake: Lake, month: date) -> list[int]:
    """Return the published limits of a month, as a reader of the folder finds them."""
    path = lake.path(f"limits/month={month_text(month)}/limits.parquet")
    return pl.read_parquet(path, hive_partitioning=False)["limit_cents"].to_list()


def at(step_awaited: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Return a `step` that acts once, as soon as publishing has come that far."""
    waiting = [act]

    def step(done: str) -> None:
        if done == step_awaited and waiting:
            waiting.pop()()

    return step
