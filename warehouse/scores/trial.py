"""A lake that lives as long as a trial: landing files as the monthly run would read them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from transforms.errors import RefusedError
from transforms.months import decision_date, month_text
from transforms.tables.facts import CREDIT_MONTHS
from transforms.tables.logs import ACCOUNTS
from warehouse.intake.sources import landing_files, read_sources
from warehouse.monthly.extract import gather_facts, publish_facts, stage_events, stage_facts
from warehouse.monthly.months_asked import require_ended
from warehouse.monthly.parts import parts_of
from warehouse.monthly.terms import TermsInForce, read_terms
from warehouse.monthly.user_features import user_features
from warehouse.settings import settings_from_environment
from warehouse.store.audit import Chain
from warehouse.store.lake import create_lake

_LINES = {
    CREDIT_MONTHS.name: ["limit_in_force_cents"],
    ACCOUNTS.name: ["source_limit_cents", "applied_on"],
}


@dataclass(frozen=True, slots=True)
class Trial:
    """Facts of one source, in a lake of its own.

    Attributes:
        chain: Its audit chain.
        policies: Folder of policies that it is decided by.
        first, last: Months that something is told of.
    """

    chain: Chain
    policies: Path
    first: date
    last: date

    @property
    def has_lines(self) -> bool:
        """Tell whether a limit is known of anybody, or was asked for: else none is decided."""
        return any(
            pl.scan_parquet(self.chain.paths(table, month), hive_partitioning=False)
            .select(pl.any_horizontal(pl.col(columns).is_not_null()).any())
            .collect()
            .item()
            for table, columns in _LINES.items()
            for month in self.chain.months(table)
        )

    def terms(self, month: date) -> TermsInForce:
        """Return what is in force on the month's decision date."""
        return read_terms(self.policies, decision_date(month), self.chain.lake.currency)

    def features(self, month: date) -> pl.DataFrame:
        """Return the rows of FEATURES of every account known at the end of `month`."""
        return user_features(self.chain, month, 0, self.terms(month).pack)


@contextmanager
def trial(source: str, landing: Path, until: date) -> Iterator[Trial]:
    """Extract one source's landing files into a lake that is deleted afterwards.

    What the steps tell goes to standard error. The policies are a copy, free to be added to.

    Args:
        source: Name of a mapping of `LIMITWISE_SOURCES`.
        landing: Folder of its files.
        until: Newest month to extract; it is over.

    Raises:
        RefusedError: There is no such mapping, or its files cannot be extracted.
    """
    settings = settings_from_environment()
    known = {one.name: one for one in read_sources(settings.sources)}
    if source not in known:
        raise RefusedError(f"Source {source!r}: {settings.sources} has {', '.join(sorted(known))}.")
    if not landing.is_dir():
        raise RefusedError(f"Landing {landing}: there is no such folder.")
    if not landing_files(known[source], landing):
        paths = ", ".join(mapping.pattern.text for mapping in known[source].files)
        raise RefusedError(
            f"Landing {landing}: no file there is one of source {source}, which reads {paths}. "
            "Put the files there, or name their folder."
        )
    with tempfile.TemporaryDirectory(prefix="limitwise-") as name:
        home = Path(name)
        (home / "sources").mkdir()
        for file in settings.sources.glob(f"{source}.*"):
            shutil.copy(file, home / "sources" / file.name)
        shutil.copytree(settings.policies, home / "policies")
        lent = known[source].home
        lake = create_lake(home / "lake", buckets=1, **lent)
        require_ended(until, lake.time_zone, datetime.now(UTC))
        places = {"LAKE": lake.root, "LANDING": landing.absolute()}
        places |= {"SOURCES": home / "sources", "POLICIES": home / "policies"}
        with _settings(places), redirect_stdout(sys.stderr):
            month = month_text(until)
            (part,) = parts_of(stage_events(month))
            publish_facts(gather_facts(stage_facts(part)), "a trial")
            chain = Chain.read(lake)
            told = [m for m in sorted(chain.heads("facts")) if _has_events(chain, m)]
            if not told:
                raise RefusedError(f"Landing {landing}: no event until {month} was read.")
            yield Trial(chain, home / "policies", told[0], told[-1])


def _has_events(chain: Chain, month: date) -> bool:
    return any(file.rows for file in chain.files("events", month))


@contextmanager
def _settings(places: dict[str, Path]) -> Iterator[None]:
    """Let the steps of this process work elsewhere for a while."""
    names = {f"LIMITWISE_{name}": str(place) for name, place in places.items()}
    names["LIMITWISE_TASKS"] = "1"
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
