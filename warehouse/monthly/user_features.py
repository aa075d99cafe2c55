"""The features of some users for a month, from what the lake has of them."""

from datetime import date

import polars as pl

from transforms.features.catalogue import families_of, features
from transforms.features.history import Coverage
from transforms.months import months_after
from transforms.policies.packs import Pack
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS
from warehouse.monthly.history import READS, first_month_told, scan, scan_by_month
from warehouse.monthly.validate import event_types
from warehouse.store.audit import Chain


def user_features(chain: Chain, month: date, bucket: int, pack: Pack) -> pl.DataFrame:
    """Return the rows of FEATURES of a bucket of users, from nothing later than the month's end.

    Args:
        chain: The lake.
        month: Month observed; it has facts.
        bucket: Of users.
        pack: Rule pack, which says what kinds of data may be used.
    """
    reads = {name: (reach, skip) for name, reach, skip in READS["features"]}
    by_month = {
        table.name: scan_by_month(chain, table.name, month, *reads.pop(table.name), bucket=bucket)
        for table in (ACTIVITY, CREDIT_MONTHS)
    }
    others = {
        name: scan(chain, name, month, reach, bucket=bucket, skip=skip)
        for name, (reach, skip) in reads.items()
    }
    return features(**by_month, **others, month=month, coverage=coverage_of(chain, month, pack))


def coverage_of(chain: Chain, month: date, pack: Pack) -> Coverage:
    """Return what the lake can know by a month's end, as far as the pack lets it be used."""
    seen = event_types(chain, before=months_after(month, 1))
    known = families_of(name for types in seen.values() for name in types)
    return Coverage(
        first_month=first_month_told(chain),
        families=known & set(pack.dimensions),
        time_zone=chain.lake.time_zone,
    )
