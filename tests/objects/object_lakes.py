"""What a test asks of a lake in a bucket."""

import io

import polars as pl

from warehouse.store.lake import Lake

PUBLISHED = "limits/month=2026-09/limits.parquet"


def published_cents(lake: Lake) -> list[int] | None:
    content = lake.place.anew().read(PUBLISHED)
    return content and pl.read_parquet(io.BytesIO(content))["limit_cents"].to_list()
