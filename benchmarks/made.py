"""Tables of a made-up lender as a lake holds them: sorted, in 16 buckets; equal bytes each time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from transforms.months import last_day, months_after
from transforms.tables.facts import (
    ACTIVITY,
    CREDIT_MONTHS,
    PURCHASE_BINS,
    SEGMENT_NORMS,
    SHARED_DEVICES,
)
from transforms.tables.logs import ACCOUNTS, EVENTS, INSTRUCTIONS
from transforms.tables.table import Table
from warehouse.lake import bucket_of
from warehouse.table_files import write_rows

MONTH = date(2026, 9, 1)
BUCKETS = 16
MONTHS = 13
CATEGORIES = (
    *("food", "groceries", "health", "transport", "utilities", "fuel", "travel", "fashion"),
    *("electronics", "games", "furniture", "wholesale", "restaurants", "beauty", "books"),
)
COUNTERPARTIES = ("customer", "employer", "person", "merchant")
SEGMENTS = ("consumer", "micro_business")
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
    weight = _chance(0).pareto(2, users) + 0.2
    per_user = _chance(1).multinomial(events, weight / weight.sum())
    names = _users(users)
    for bucket, members in enumerate(_members(names)):
        rows = _events(_chance(2, bucket), members, per_user[members], names, bucket)
        _write(folder, EVENTS, f"{bucket:02d}", rows)


def write_history(folder: Path, users: int) -> None:
    """Write what the features of a month read: 13 months of two tables, accounts and the rest.

    Args:
        folder: Made if absent; holds `<table>/<month>-<bucket>.parquet` afterwards, and
            `<table>.parquet` of tables that are not bucketed.
        users: All have an account, 19 of 20 a row of activity in a month, 4 of 5 one of credit.
    """
    names = _users(users)
    for bucket, members in enumerate(_members(names)):
        habits = _chance(3, bucket).lognormal(0, 1, len(members))
        for ago in range(MONTHS):
            month = months_after(MONTH, -ago)
            for table, make, share in (
                (ACTIVITY, _activity, 0.95),
                (CREDIT_MONTHS, _credit_months, 0.8),
            ):
                chance = _chance(4, bucket, ago, share * 100)
                has_row = chance.random(len(members)) < share
                made = make(chance, members[has_row], habits[has_row])
                who = {"user_id": names[members[has_row]], "as_of": last_day(month)}
                _write(folder, table, f"{month:%Y-%m}-{bucket:02d}", pl.DataFrame(made | who))
        _write(folder, ACCOUNTS, f"{bucket:02d}", _accounts(_chance(5, bucket), names[members]))
    consents = names.gather_every(5)
    for table, rows in (
        (INSTRUCTIONS, _consents(consents)),
        (SEGMENT_NORMS, _norms(_chance(6))),
        (SHARED_DEVICES, _shared_devices(_chance(7), users)),
    ):
        write_rows(_in_shape(table, rows), folder / f"{table.name}.parquet")


def _chance(*place: float) -> np.random.Generator:
    return np.random.default_rng([_SEED, *map(int, place)])


def _users(users: int) -> pl.Series:
    return pl.select(pl.lit("u") + pl.int_range(users).cast(pl.String).str.zfill(8)).to_series()


def _members(names: pl.Series) -> list[np.ndarray]:
    bucket = names.to_frame("user_id").select(bucket_of(BUCKETS)).to_series().to_numpy()
    return [np.flatnonzero(bucket == one) for one in range(BUCKETS)]


def _write(folder: Path, table: Table, name: str, rows: pl.DataFrame) -> None:
    (folder / table.name).mkdir(parents=True, exist_ok=True)
    write_rows(_in_shape(table, rows), folder / table.name / f"{name}.parquet")


def _in_shape(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
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
            "device": _hashes(user * 64 + np.minimum(chance.geometric(0.7, rows), 40)),
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


def _hashes(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def _activity(chance: np.random.Generator, members: np.ndarray, habits: np.ndarray) -> dict:
    rows = len(members)

    def counted(mean: float) -> np.ndarray:
        return chance.poisson(mean * habits)

    def money(count: np.ndarray) -> np.ndarray:
        return count * np.exp(chance.normal(8.5, 1, rows)).astype(np.int64)

    made: dict = {}
    means = {"purchase": 12, "refund": 0.5, "transfer_in": 2, "transfer_out": 3}
    means |= {"bill_payment": 1.5, "cash_in": 0.7, "cash_out": 0.7, "drawdown": 0.4}
    for name, mean in (means | {"repayment": 0.5}).items():
        made[f"{name}_count"] = counted(mean)
        made[f"{name}_cents"] = money(made[f"{name}_count"])
    purchases = made["purchase_count"]
    left = purchases.copy()
    for place, name in enumerate(PURCHASE_BINS[:-1]):
        made[name] = chance.binomial(left, 1 / (len(PURCHASE_BINS) - place))
        left -= made[name]
    made[PURCHASE_BINS[-1]] = left
    made["purchase_max_cents"] = _where(purchases > 0, money(purchases))
    made["essential_purchase_count"] = chance.binomial(purchases, 0.4)
    made["merchant_category_count"] = np.minimum(purchases, chance.integers(1, 12, rows))
    made["income_inflow_cents"] = money(chance.binomial(made["transfer_in_count"], 0.5))
    for name, mean in (
        *(("login", 6), ("device_bound", 0.05), ("profile_change", 0.05)),
        *(("social_interaction", 1), ("credential_leak", 0.01)),
        *(("complaint", 0.02), ("limit_request", 0.02)),
    ):
        made[f"{name}_count"] = counted(mean)
    made["night_login_count"] = chance.binomial(made["login_count"], 0.1)
    made["event_count"] = sum(made[f"{name}_count"] for name in (*means, "repayment", "login"))
    for name, known in (
        *(("external_score_points", 0.1), ("bureau_score_points", 0.05)),
        *(("income_evidence_cents", 0.05), ("other_obligation_cents", 0.05)),
    ):
        made[name] = _where(chance.random(rows) < known, chance.integers(300, 850, rows))
    days = chance.integers(0, 1 << 30, rows)
    made["active_days_mask"] = np.where(made["event_count"] > 0, days, 0)
    made["purchase_days_mask"] = np.where(
        purchases > 0, days & chance.integers(0, 1 << 30, rows), 0
    )
    hashes = np.sort(_hashes(members[:, None] * 64 + np.arange(2)), axis=1)
    kept = pl.Series("kept", np.where(chance.random(rows) < 0.3, 2, 1))
    devices = pl.DataFrame([pl.Series("all", hashes).arr.to_list(), kept])
    made["device_hashes"] = devices.select(pl.col("all").list.head("kept")).to_series()
    made["device_saturated"] = np.zeros(rows, bool)
    moment = pl.Series(np.full(rows, datetime(MONTH.year, MONTH.month, 1), "datetime64[us]"))
    made["first_event_at"] = made["last_event_at"] = moment.dt.replace_time_zone("UTC")
    return made


def _credit_months(chance: np.random.Generator, members: np.ndarray, habits: np.ndarray) -> dict:
    rows = len(members)
    is_reported = members % 10 == 0
    dpd = np.where(chance.random(rows) < 0.06, chance.integers(1, 120, rows), 0)
    is_told = chance.random(rows) < 0.97
    due = np.where(is_reported, 0, chance.poisson(1.2, rows))
    limit = np.round(np.exp(chance.normal(13.5, 0.7, rows)) / 1e4).astype(np.int64) * 10_000
    balance = (limit * np.minimum(chance.random(rows) * habits, 1.1)).astype(np.int64)
    drawn = chance.random(rows) < 0.4
    paid = (balance * chance.random(rows)).astype(np.int64)
    days = _where(is_told, dpd)
    return {
        "credit_from": pl.Series(["ledger", "reported"])[is_reported.astype(int)],
        "due_count": due,
        "due_cents": due * 50_000,
        "paid_on_time_count": chance.binomial(due, 0.93),
        "paid_late_count": np.where(is_reported, 0, chance.poisson(0.05, rows)),
        "unpaid_count": np.where(is_reported, 0, (dpd > 0).astype(int)),
        "overdue_end_cents": _where(is_told, np.where(dpd > 0, 50_000, 0)),
        **dict.fromkeys(("dpd_end_days", "dpd_max_days", "dpd_low_days", "dpd_high_days"), days),
        "balance_end_cents": _where(chance.random(rows) < 0.98, balance),
        "limit_in_force_cents": _where(chance.random(rows) < 0.3, limit),
        "drawdown_cents": np.where(drawn, (balance * 0.3).astype(np.int64), 0),
        "repaid_cents": paid,
        "interest_and_fees_cents": balance // 100,
        "charged_off": dpd > 118,
        "closed": np.zeros(rows, bool),
    }


def _where(is_known: np.ndarray, values: np.ndarray) -> pl.Series:
    return pl.select(pl.when(pl.Series(is_known)).then(pl.Series(values))).to_series()


def _accounts(chance: np.random.Generator, users: pl.Series) -> pl.DataFrame:
    rows = len(users)
    drawn: dict[str, Callable] = {
        "segment": lambda: pl.Series(SEGMENTS)[chance.integers(2, size=rows)],
        "region": lambda: pl.Series(["north", "south", "west"])[chance.integers(3, size=rows)],
        "industry": lambda: pl.Series(["trade", "works"])[chance.integers(2, size=rows)],
        "source_limit_cents": lambda: chance.integers(1, 100, rows) * 100_000,
        "stated_income_cents": lambda: chance.integers(1, 50, rows) * 100_000,
    }
    known = {"user_id": users, "borrower_id": users, "as_of": last_day(MONTH)}
    return pl.DataFrame(known | {name: draw() for name, draw in drawn.items()})


def _consents(users: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"user_id": users}).with_columns(
        instruction_id=pl.lit("c") + pl.col("user_id"),
        kind=pl.lit("consent_given"),
        dimension=pl.lit("social"),
        recorded_at=pl.lit(datetime(2025, 6, 1, tzinfo=UTC)),
        effective_from=pl.lit(date(2025, 6, 1)),
        source=pl.lit("made"),
        file_id=pl.lit("0" * 16),
        source_line=pl.int_range(1, pl.len() + 1),
    )


def _norms(chance: np.random.Generator) -> pl.DataFrame:
    cells = pl.DataFrame({"segment": SEGMENTS})
    for name, values in (("region", ["north", "south", "west"]), ("industry", ["trade", "works"])):
        cells = cells.join(pl.DataFrame({name: values}), how="cross")
    ends = [last_day(months_after(MONTH, -ago)) for ago in range(1, MONTHS)]
    cells = cells.join(pl.DataFrame({"as_of": ends}), how="cross")
    counts = {name: chance.integers(0, 1_000, cells.height) for name in PURCHASE_BINS}
    return cells.with_columns(
        user_count=pl.lit(100), **{n: pl.Series(c) for n, c in counts.items()}
    )


def _shared_devices(chance: np.random.Generator, users: int) -> pl.DataFrame:
    devices = np.unique(_hashes(chance.integers(0, users, users // 100 + 1) * 64))
    return pl.DataFrame({"device_hash": devices}).with_columns(
        user_count=pl.lit(3), as_of=pl.lit(last_day(months_after(MONTH, -1)))
    )
