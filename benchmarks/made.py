"""A month of a made-up lender as a lake holds it: sorted, in 16 buckets; equal bytes each time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from transforms.months import last_day
from transforms.tables.logs import EVENTS
from transforms.tables.table import Table
from warehouse.store.lake import bucket_of
from warehouse.store.table_files import write_rows

MONTH = date(2026, 9, 1)
BUCKETS = 16
TIME_ZONE = "Asia/Shanghai"
CATEGORIES = (
    *("food", "groceries", "health", "transport", "utilities", "fuel", "travel", "fashion"),
    *("electronics", "games", "furniture", "wholesale", "restaurants", "beauty", "books"),
)
COUNTERPARTIES = ("customer", "employer", "person", "merchant")
_SEED = 20260901
_SHARES = {  # of a month's events, per mille
    **{"purchase": 420, "login": 250, "transfer_in": 50, "transfer_out": 60, "bill_payment": 50},
    **{"cash_in": 20, "cash_out": 20, "refund": 15, "social_interaction": 35, "drawdown": 10},
    **{"repayment": 15, "instalment_due": 15, "statement": 8, "device_bound": 4, "interest": 8},
    **{"profile_change": 4, "external_score": 5, "bureau_report": 2, "income_evidence": 2},
    **{"obligation": 2, "credential_leak": 1, "complaint": 2, "limit_request": 2},
}
_SCORED = ("external_score", "bureau_report")
_NO_MONEY = (
    *("login", "device_bound", "profile_change", "social_interaction", "credential_leak"),
    *("complaint", *_SCORED),
)
_MOST_LATE_SECONDS = 3 * 86_400  # events of the month before that arrive with this one


def write_events(folder: Path, events: int, users: int) -> None:
    """Write a month of events: few users have many, amounts are log-normal, some come late.

    Args:
        folder: Made if absent; holds `events/<bucket>.parquet` afterwards.
        events: How many, over all buckets.
        users: Among whom; some have none.
    """
    weight = chance_of(0).pareto(2, users) + 0.2
    per_user = chance_of(1).multinomial(events, weight / weight.sum())
    names = users_named(users)
    for bucket, members in enumerate(members_of(names)):
        rows = _events(chance_of(2, bucket), members, per_user[members], names, bucket)
        write_table(folder, EVENTS, f"{bucket:02d}", rows)


def chance_of(*place: float) -> np.random.Generator:
    """Return the chance of a place in the made world: the same each time, another elsewhere."""
    return np.random.default_rng([_SEED, *map(int, place)])


def users_named(users: int) -> pl.Series:
    """Return the names of so many users."""
    return pl.select(pl.lit("u") + pl.int_range(users).cast(pl.String).str.zfill(8)).to_series()


def members_of(names: pl.Series) -> list[np.ndarray]:
    """Return by bucket the places of its users in `names`."""
    bucket = names.to_frame("user_id").select(bucket_of(BUCKETS)).to_series().to_numpy()
    return [np.flatnonzero(bucket == one) for one in range(BUCKETS)]


def write_table(folder: Path, table: Table, name: str, rows: pl.DataFrame) -> None:
    """Write rows as `<folder>/<table>/<name>.parquet`, as a lake would."""
    (folder / table.name).mkdir(parents=True, exist_ok=True)
    write_rows(in_shape(table, rows), folder / table.name / f"{name}.parquet")


def in_shape(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with every column declared, null where nothing was made, as stored."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in table.schema.items()
    ).sort(table.sorted_by)


def _events(
    chance: np.random.Generator,
    members: np.ndarray,
    counts: np.ndarray,
    names: pl.Series,
    bucket: int,
) -> pl.DataFrame:
    rows = int(counts.sum())
    user = np.repeat(members, counts)
    shares = np.array(list(_SHARES.values()))
    kind = pl.Series(list(_SHARES))[chance.choice(len(shares), rows, p=shares / shares.sum())]
    seconds = (last_day(MONTH) - MONTH).days * 86_400 + 86_400
    second = chance.integers(0, seconds, rows)
    is_late = chance.random(rows) < 0.002
    second = np.where(is_late, -1 - second % _MOST_LATE_SECONDS, second)
    begins = datetime(MONTH.year, MONTH.month, 1, tzinfo=UTC) - timedelta(hours=8)
    drawn = pl.DataFrame(
        {
            "user_id": names[user],
            "event_type": kind,
            "second": second,
            "amount": np.exp(chance.normal(8.5, 1.4, rows)).astype(np.int64),
            "points": chance.integers(300, 850, rows),
            "category": pl.Series(CATEGORIES)[chance.integers(len(CATEGORIES), size=rows)],
            "party": pl.Series(COUNTERPARTIES)[chance.integers(len(COUNTERPARTIES), size=rows)],
            "device": hashes_of(user * 64 + np.minimum(chance.geometric(0.7, rows), 40)),
            "chance": chance.random(rows),
        }
    )
    is_known, of = pl.col("chance") > 0.01, pl.col("event_type").is_in
    return drawn.select(
        "user_id",
        "event_type",
        event_id=pl.lit(f"e{bucket:02d}") + pl.int_range(pl.len()).cast(pl.String).str.zfill(9),
        occurred_at=pl.lit(begins) + pl.duration(seconds="second"),
        amount_cents=pl.when(~of(_NO_MONEY) & is_known).then("amount"),
        value=pl.when(of(_SCORED) & is_known).then("points"),
        merchant_category=pl.when(of(["purchase", "bill_payment"]) & is_known).then("category"),
        counterparty_type=pl.when(of(["transfer_in", "transfer_out"]) & is_known).then("party"),
        device_hash=pl.when(of(["login", "purchase", "device_bound"]) & is_known).then("device"),
        channel=pl.when(is_known).then(pl.lit("app")),
        source=pl.lit("made"),
        file_id=pl.lit("0" * 16),
        source_line=pl.int_range(1, pl.len() + 1),
    )


def hashes_of(numbers: np.ndarray) -> np.ndarray:
    """Return 64 bits for each number, another for another number."""
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
