"""The month's activity as one would count it with pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.made import MONTH
from transforms.facts.activity import (
    COUNTED_TYPES,
    ESSENTIAL_CATEGORIES,
    INCOME_COUNTERPARTIES,
    LAST_REPORTS,
    NIGHT_ENDS_HOUR,
    OWN_TYPES,
    SUMMED_TYPES,
)
from transforms.tables.facts import DEVICES_KEPT, PURCHASE_BINS, PURCHASE_EDGES_CENTS

_READ = (
    *("user_id", "event_type", "occurred_at", "amount_cents", "value"),
    *("merchant_category", "counterparty_type", "device_hash"),
)


def count(path: Path) -> pl.DataFrame:
    """Return the activity of a file's users, columns of ACTIVITY but `as_of`."""
    # Nullable numbers, as a hash of 64 bits with nulls would become a float.
    events = pd.read_parquet(path, columns=list(_READ), dtype_backend="numpy_nullable")
    events["event_type"] = events["event_type"].astype(str)
    bought = events[events["event_type"] == "purchase"]
    made = {"event_count": events.groupby("user_id").size()}
    made |= _by_type(events) | _of_purchases(bought) | _of_time(events) | _of_others(events)
    users = pd.DataFrame(made)
    users.index.name = "user_id"
    devices = users.pop("device_hashes")
    rows = pl.from_pandas(users.reset_index())
    lists = [
        None if one is None or one is pd.NA or isinstance(one, float) else one for one in devices
    ]
    return rows.with_columns(pl.Series("device_hashes", lists, pl.List(pl.UInt64)))


def _by_type(events: pd.DataFrame) -> dict[str, pd.Series]:
    grouped = events.groupby(["user_id", "event_type"])
    counts = grouped.size().unstack(fill_value=0)
    cents = grouped["amount_cents"].sum().unstack(fill_value=0)
    found = {f"{kind}_count": _column(counts, kind) for kind in COUNTED_TYPES}
    return found | {f"{kind}_cents": _column(cents, kind) for kind in SUMMED_TYPES}


def _column(table: pd.DataFrame, kind: str) -> pd.Series:
    return table[kind] if kind in table else pd.Series(0, table.index)


def _of_purchases(bought: pd.DataFrame) -> dict[str, pd.Series]:
    known = bought.dropna(subset="amount_cents")
    bins = np.searchsorted(PURCHASE_EDGES_CENTS, known["amount_cents"].to_numpy(np.int64))
    table = known.groupby(["user_id", bins]).size().unstack(fill_value=0)
    essential = bought[bought["merchant_category"].isin(ESSENTIAL_CATEGORIES)]
    found = {name: _column(table, place) for place, name in enumerate(PURCHASE_BINS)}
    return found | {
        "purchase_max_cents": known.groupby("user_id")["amount_cents"].max(),
        "merchant_category_count": bought.groupby("user_id")["merchant_category"].nunique(),
        "essential_purchase_count": essential.groupby("user_id").size(),
    }


def _of_time(events: pd.DataFrame) -> dict[str, pd.Series]:
    moments = events.groupby("user_id")["occurred_at"]
    local = events["occurred_at"].dt.tz_convert("Asia/Shanghai")
    nights = events[(events["event_type"] == "login") & (local.dt.hour < NIGHT_ENDS_HOUR)]
    is_in_month = (local.dt.month == MONTH.month) & (local.dt.year == MONTH.year)
    days = events.assign(bit=2 ** (local.dt.day.astype(np.int64) - 1))[is_in_month]
    found = {
        "first_event_at": moments.min(),
        "last_event_at": moments.max(),
        "night_login_count": nights.groupby("user_id").size(),
    }
    for name, kinds in (("active", OWN_TYPES), ("purchase", ("purchase",))):
        of_kind = days[days["event_type"].isin(kinds)]
        each = of_kind.drop_duplicates(["user_id", "bit"])
        found[f"{name}_days_mask"] = each.groupby("user_id")["bit"].sum()
    return found


def _of_others(events: pd.DataFrame) -> dict[str, pd.Series]:
    is_income = events["event_type"].eq("transfer_in")
    is_income &= events["counterparty_type"].isin(INCOME_COUNTERPARTIES)
    found = {"income_inflow_cents": events[is_income].groupby("user_id")["amount_cents"].sum()}
    for name, column, kind, prudent in LAST_REPORTS:
        told = events[events["event_type"] == kind].dropna(subset=column)
        ordered = told.sort_values(["occurred_at", column], ascending=[True, prudent is max])
        found[name] = ordered.groupby("user_id")[column].last()
    pairs = events[["user_id", "device_hash"]].dropna().drop_duplicates()
    hashes = pairs.sort_values(["user_id", "device_hash"]).groupby("user_id")["device_hash"]
    found["device_hashes"] = hashes.agg(lambda all_of_user: list(all_of_user[:DEVICES_KEPT]))
    found["device_saturated"] = hashes.size() > DEVICES_KEPT
    return found
