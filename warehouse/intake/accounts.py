"""Snapshots of accounts: what is known of every user at each month's end."""

from datetime import date

import polars as pl

from transforms.errors import RefusedError
from transforms.months import last_day, months_after
from transforms.tables.logs import ACCOUNTS
from warehouse.intake.spool import Spool
from warehouse.store.audit import Chain
from warehouse.store.lake import bucket_of
from warehouse.store.staging import Staging


def stage_accounts(staging: Staging, chain: Chain, spool: Spool, month: date) -> None:
    """Put the month's account rows into its snapshot, and those of the month before."""
    stored, before = chain.files("accounts", month), months_after(month, -1)
    if month < spool.accounts_from and stored:
        staging.adopt(stored)
        return
    if stored and not spool.plan.makes_accounts_anew:
        # What the months before gain in this run is put on top of the snapshot that there is.
        paths, rows = chain.paths("accounts", month), spool.accounts_until(month)
    else:
        paths = staging.paths("accounts", before) or chain.paths("accounts", before)
        rows = spool.rows("accounts", month)
    names = [name for name in ACCOUNTS.schema.names() if name != "as_of"]
    base = [_snapshot(paths, names)] if paths else []
    snapshot = (
        pl.concat([*base, rows.select(names)])
        .sort("known_on", maintain_order=True)
        .unique("user_id", keep="last", maintain_order=True)
        .with_columns(as_of=pl.lit(last_day(month)))
        .select(ACCOUNTS.schema.names())
        .with_columns(bucket_of(staging.lake.buckets).alias("_bucket"))
    )
    parts = snapshot.partition_by("_bucket", as_dict=True, include_key=False)
    for bucket in range(staging.lake.buckets):
        part = parts.get((bucket,), ACCOUNTS.empty().collect())
        staging.write(ACCOUNTS, month, part, bucket)


def _snapshot(paths: list[str], names: list[str]) -> pl.DataFrame:
    try:
        return pl.read_parquet(paths, columns=names)
    except pl.exceptions.ColumnNotFoundError as problem:
        raise RefusedError(
            f"Accounts {paths[0]}: written by an earlier version of limitwise "
            f"({str(problem).splitlines()[0]}). Extract the landing files into a new lake."
        ) from None
