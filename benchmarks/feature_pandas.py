"""Some features of 12 months as one would compute them with pandas."""

from pathlib import Path

import pandas as pd
import polars as pl

from benchmarks.made import MONTH
from transforms.months import months_after

_SUMS = {  # feature: column and months
    "purchase_count_1m": ("purchase_count", 1),
    "purchase_count_3m": ("purchase_count", 3),
    "purchase_cents_3m": ("purchase_cents", 3),
    "purchase_cents_12m": ("purchase_cents", 12),
    "login_count_3m": ("login_count", 3),
    "bill_payment_count_3m": ("bill_payment_count", 3),
    "profile_change_count_1m": ("profile_change_count", 1),
    "credential_leak_count_3m": ("credential_leak_count", 3),
    "complaint_count_3m": ("complaint_count", 3),
    "limit_request_count_3m": ("limit_request_count", 3),
}
_MONTHS_WITH = {
    "active_months_12m": ("active_days_mask", 12),
    "bill_payment_months_6m": ("bill_payment_count", 6),
    "income_inflow_months_6m": ("income_inflow_cents", 6),
}
_SHARES = {  # feature: part, whole and months
    "essential_purchase_ratio_6m": ("essential_purchase_count", "purchase_count", 6),
    "refund_ratio_6m": ("refund_count", "purchase_count", 6),
    "night_login_ratio_3m": ("night_login_count", "login_count", 3),
}
_CHANGES = {
    "purchase_change_ratio_3m": "purchase_cents",
    "income_inflow_change_ratio_3m": "income_inflow_cents",
}


def features(folder: Path) -> pl.DataFrame:
    """Return some features of the first bucket's users."""
    columns = {column for column, _ in (*_SUMS.values(), *_MONTHS_WITH.values())}
    columns |= {name for part, whole, _ in _SHARES.values() for name in (part, whole)}
    columns |= set(_CHANGES.values())
    users = pd.read_parquet(folder / "accounts/00.parquet", columns=["user_id"])["user_id"]
    activity = _months(folder, "activity", sorted(columns))
    credit = _months(folder, "credit_months", ["dpd_max_days"])

    def total(column: str, months: int) -> pd.Series:
        rows = activity[activity["ago"] < months]
        return rows.groupby("user_id")[column].sum().reindex(users, fill_value=0)

    made = {name: total(*asked) for name, asked in _SUMS.items()}
    for name, (column, months) in _MONTHS_WITH.items():
        rows = activity[(activity["ago"] < months) & (activity[column] > 0)]
        made[name] = rows.groupby("user_id").size().reindex(users, fill_value=0)
    for name, (part, whole, months) in _SHARES.items():
        wholes = total(whole, months)
        parts = total(part, months).clip(0).where(lambda p, w=wholes: p <= w, wholes)
        made[name] = (parts / wholes).where(wholes > 0)
    for name, column in _CHANGES.items():
        recent, year = total(column, 3), total(column, 12)
        made[name] = (4 * recent / year).where(year > recent)
    for months in (1, 3, 6, 12):
        rows = credit[credit["ago"] < months].groupby("user_id")["dpd_max_days"].max()
        made[f"dpd_max_days_{months}m"] = rows.reindex(users)
    return pl.from_pandas(pd.DataFrame(made).reset_index())


def _months(folder: Path, table: str, columns: list[str]) -> pd.DataFrame:
    names = [f"{months_after(MONTH, -ago):%Y-%m}-00.parquet" for ago in range(12)]
    parts = (
        pd.read_parquet(folder / table / name, columns=["user_id", *columns]).assign(ago=ago)
        for ago, name in enumerate(names)
    )
    return pd.concat(parts, ignore_index=True)
