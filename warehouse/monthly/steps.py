"""What every scheduled step shares: it takes the staging folder of the step before."""

from collections.abc import Callable
from datetime import date

from expectations.gate import Report
from transforms.errors import RefusedError
from transforms.months import month_of
from warehouse.monthly.progress import told
from warehouse.monthly.validate import DOCS, profiles_measured
from warehouse.settings import settings_from_environment
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake
from warehouse.store.staging import Staging

NOTHING_TO_DO = ""


def resumed(folder: str) -> tuple[Staging, Chain]:
    """Return the staging that another process sealed, and the lake's audit chain as it is now."""
    lake = open_lake(settings_from_environment().lake)
    return Staging.resume(lake, folder), Chain.read(lake)


def checked(folder: str, what: str, report_of: Callable[[Staging, Chain], Report]) -> str:
    """Hold a group of staged tables against what they promise; return the folder.

    Raises:
        RefusedError: A critical promise is broken; lists all of them.
    """
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    with told(span(staging), f"{what} checked", staging) as tell:
        report = report_of(staging, chain)
        notes = {f"validation_{what}": report.to_plain()}
        if measured := profiles_measured(report):
            notes["figures"] = staging.notes["figures"] | {"profiles": measured}
        staging.seal(notes)
        tell.text = f"{report.evaluated} promises, {len(report.warnings)} warnings"
        tell.warnings = [warning.message for warning in report.warnings]
    if report.critical:
        raise RefusedError(f"{report.message()}\nData Docs: {staging.shown(DOCS)}/{what}")
    return folder


def months_staged(staging: Staging) -> list[date]:
    """Return the first day of each month staged, in order."""
    return [month_of(text) for text in staging.notes["months"]]


def span(staging: Staging) -> str:
    """Return the months staged, in a few words."""
    months = staging.notes["months"]
    return months[0] if len(months) == 1 else f"{months[0]}..{months[-1]}"
