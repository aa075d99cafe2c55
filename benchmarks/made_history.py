"""Months of a made-up lender's history: what features are computed from, as a lake holds it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.made import (
    MONTH,
    chance_of,
    hashes_of,
    in_shape,
    members_of,
    users_named,
    write_table,
)
from transforms.months import last_day, months_after
from transforms.tables.facts import (
    ACTIVITY,
    CREDIT_MONTHS,
    PURCHASE_BINS,
    SEGMENT_NORMS,
    SHARED_DEVICES,
)
from transforms.tables.logs import ACCOUNTS, INSTRUCTIONS, SEGMENTS
from warehouse.store.table_files import write_rows

MONTHS = 13


def write_history(folder: Path, users: int) -> None:
    """Write what the features of a month read: 13 months of two tables, accounts and the rest.

    Args:
        folder: Made if absent; holds `<table>/<month>-<bucket>.parquet` afterwards, and
            `<table>.parquet` of tables that are not bucketed.
        users: All have an account, 19 of 20 a row of activity in a month, 4 of 5 one of credit.
    """
    names = users_named(users)
    for bucket, members in enumerate(members_of(names)):
        habits = chance_of(3, bucket).lognormal(0, 1, len(members))
        for ago in range(MONTHS):
            month = months_after(MONTH, -ago)
            for table, make, share in (
                (ACTIVITY, _activity, 0.95),
                (CREDIT_MONTHS, _credit_months, 0.8),
            ):
                chance = chance_of(4, bucket, ago, share * 100)
                has_row = chance.random(len(members)) < share
                made = make(chance, members[has_row], habits[has_row])
                who = {"user_id": names[members[has_row]], "as_of": last_day(month)}
                write_table(folder, table, f"{month:%Y-%m}-{bucket:02d}", pl.DataFrame(made | who))
        write_table(
            folder, ACCOUNTS, f"{bucket:02d}", _accounts(chance_of(5, bucket), names[members])
        )
    consents = names.gather_every(5)
    for table, rows in (
        (INSTRUCTIONS, _consents(consents)),
        (SEGMENT_NORMS, _norms(chance_of(6))),
        (SHARED_DEVICES, _shared_devices(chance_of(7), users)),
    ):
        write_rows(in_shape(table, rows), folder / f"{table.name}.parquet")


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
    hashes = np.sort(hashes_of(members[:, None] * 64 + np.arange(2)), axis=1)
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
        "settled_count": due,
        "settled_after_due_days": np.where(is_reported, 0, chance.integers(-5, 9, rows) * due),
        "unpaid_count": np.where(is_reported, 0, (dpd > 0).astype(int)),
        "overdue_end_cents": _where(is_told, np.where(dpd > 0, 50_000, 0)),
        **dict.fromkeys(("dpd_end_days", "dpd_max_days", "dpd_low_days", "dpd_high_days"), days),
        "balance_end_cents": _where(chance.random(rows) < 0.98, balance),
        "owed_days": _where(~is_reported, np.where(balance > 0, 30, 0)),
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
    devices = np.unique(hashes_of(chance.integers(0, users, users // 100 + 1) * 64))
    return pl.DataFrame({"device_hash": devices}).with_columns(
        user_count=pl.lit(3), as_of=pl.lit(last_day(months_after(MONTH, -1)))
    )
