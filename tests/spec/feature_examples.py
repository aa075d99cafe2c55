"""How an example of features is written: the tables it starts from, and what comes out."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from tests.tables import by_month, filled
from transforms.features.catalogue import features
from transforms.features.history import Coverage
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, SEGMENT_NORMS, SHARED_DEVICES
from transforms.tables.logs import ACCOUNTS, INSTRUCTIONS

SEPTEMBER = date(2026, 9, 1)
TWO_YEARS = Coverage(first_month=date(2024, 10, 1))
TABLES = {
    "activity": ACTIVITY,
    "credit_months": CREDIT_MONTHS,
    "accounts": ACCOUNTS,
    "segment_norms": SEGMENT_NORMS,
    "shared_devices": SHARED_DEVICES,
    "instructions": INSTRUCTIONS,
}
ANA = """
    user_id | as_of      | segment
    ana     | 2026-09-30 | consumer
    """


@dataclass(frozen=True, kw_only=True)
class Example:
    """One history of ana, given as tables, and what September's features say of it."""

    rule: str
    then: dict[str, object]
    activity: str = ""
    credit_months: str = ""
    accounts: str = ANA
    segment_norms: str = ""
    shared_devices: str = ""
    instructions: str = ""
    coverage: Coverage = field(default=TWO_YEARS)

    def features(self) -> pl.DataFrame:
        return features_of(coverage=self.coverage, **{name: getattr(self, name) for name in TABLES})


def features_of(*, coverage: Coverage = TWO_YEARS, **texts: str) -> pl.DataFrame:
    """Evaluate September from tables as text; a table not given has no rows."""
    frames = {
        name: filled(declared, texts[name]) if texts.get(name) else declared.empty()
        for name, declared in TABLES.items()
    }
    months = {name: by_month(frames.pop(name)) for name in ("activity", "credit_months")}
    return features(**months, **frames, month=SEPTEMBER, coverage=coverage)
