"""Extraction: landing files become facts, in steps that Airflow schedules.

Every step takes the staging folder of the one before, so that it can run in another process.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

from transforms.months import month_of, month_text
from warehouse.intake.bad_lines import worse_than_their_section
from warehouse.intake.filing import file_rows
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import plan
from warehouse.intake.pull import pull, pulls_of
from warehouse.intake.sources import connections_named, read_sources
from warehouse.monthly.facts import stage_facts_across_users, stage_user_facts
from warehouse.monthly.months_asked import require_ended
from warehouse.monthly.parts import Part
from warehouse.monthly.progress import told
from warehouse.monthly.steps import NOTHING_TO_DO, checked, months_staged, resumed, span
from warehouse.monthly.terms import late_months
from warehouse.monthly.validate import events_report, facts_report
from warehouse.settings import Settings, settings_from_environment
from warehouse.store.audit import Chain
from warehouse.store.digests import inputs_id
from warehouse.store.lake import open_lake
from warehouse.store.publish import Outcome, publish
from warehouse.store.staging import Staging

NO_CONNECTIONS: Mapping[str, str] = MappingProxyType({})


def connections_needed() -> list[str]:
    """Return the ids of the database connections that the sources name, sorted."""
    return connections_named(read_sources(settings_from_environment().sources))


def stage_events(month: str, connections: Mapping[str, str] = NO_CONNECTIONS) -> str:
    """Read every landing file up to the end of `month` that the lake does not account for.

    What the sources ask of databases is pulled into landing files first.

    Args:
        month: `YYYY-MM`; it must be over.
        connections: URI of each connection of `connections_needed`.

    Returns:
        The staging folder; empty if the lake has the month and every file already.

    Raises:
        RefusedError: There is no lake; a file is missing or unreadable, or has too many bad lines;
            or a database does not give what the mapping declares.
        NotYetError: A database cannot be reached.
    """
    settings = settings_from_environment()
    lake = open_lake(settings.lake)
    asked = month_of(month)
    require_ended(asked, lake.time_zone, datetime.now(UTC))
    chain = Chain.read(lake)
    _pull_all(settings, max([asked, *chain.heads("facts")]), connections)
    extracted_at = datetime.now(UTC).replace(microsecond=0)
    with told(month, "events") as tell, Landing(settings.landing, lake.root) as landing:
        planned = plan(
            chain, landing, settings.sources, asked, late_months(settings.policies, asked)
        )
        if planned.nothing_to_do:
            tell.text = "nothing changed: every landing file is accounted for"
            return NOTHING_TO_DO
        identity = inputs_id(planned.identity | {"lake": lake.digest, "facts": _facts_read(chain)})
        staging = Staging.begin(lake, planned.horizon, identity, base=chain.newest)
        tell.staging = staging
        figures = file_rows(staging, chain, planned, landing, extracted_at)
        pulls = pulls_of(planned, staging.notes["intake"])
        staging.seal({"figures": staging.notes["figures"] | {"pulls": pulls}} if pulls else {})
        tell.rows = figures["stored"]
        tell.text = (
            f"{figures['files']:,} files, {figures['lines']:,} lines, "
            f"{figures['quarantined']:,} bad, {figures['duplicate']:,} duplicate"
        )
        for name in ("overruled", "late"):
            tell.text += f", {figures[name]:,} {name}" if figures[name] else ""
        tell.warnings += worse_than_their_section(planned.sources, staging.notes["intake"])
        for what, files in (
            ("optional files that are not there", planned.absent),
            (
                "files of accounts that are gone, so that what they gave stays",
                planned.accounts_gone,
            ),
        ):
            more = f" and {len(files) - 3:,} more" if len(files) > 3 else ""
            tell.warnings += [f"{what}: {', '.join(files[:3])}{more}"] if files else []
    return staging.folder


def _pull_all(settings: Settings, horizon: date, connections: Mapping[str, str]) -> None:
    """Pull every source that has queries, one after the other."""
    for source in read_sources(settings.sources):
        if connections_named([source]):
            with (
                told(month_text(horizon), f"{source.name} pulled") as tell,
                Landing(settings.landing) as landing,
            ):
                pulled = pull(source, landing, horizon, connections)
                tell.rows = sum(section.rows for section in pulled)
                tell.text = ", ".join(f"{s.query.name} {s.rows:,}" for s in pulled)


def validate_events(folder: str) -> str:
    """Hold staged events against what they promise; return the folder.

    Raises:
        RefusedError: A critical promise is broken; lists all of them.
    """
    sources = settings_from_environment().sources
    return checked(folder, "events", lambda *staged: events_report(*staged, sources))


def stage_facts(part: Part) -> str:
    """Count activity and fold the ledger over every month staged; return the folder."""
    folder = part["folder"]
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    buckets = range(*part["buckets"])
    with told(span(staging), "facts", staging, part["name"]) as tell:
        tell.rows = sum(
            stage_user_facts(staging, chain, month, buckets) for month in months_staged(staging)
        )
        staging.seal(part=part["name"])
    return folder


def gather_facts(folder: str) -> str:
    """Gather what is known only across users; return the folder."""
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    with told(span(staging), "facts gathered", staging) as tell:
        tell.rows = sum(
            stage_facts_across_users(staging, chain, month) for month in months_staged(staging)
        )
        staging.seal()
    return folder


def validate_facts(folder: str) -> str:
    """Hold staged facts against what they promise; return the folder.

    Raises:
        RefusedError: A critical promise is broken; lists all of them.
    """
    return checked(folder, "facts", facts_report)


def publish_facts(folder: str, run_id: str) -> str:
    """Commit staged facts; return how that ended."""
    if folder == NOTHING_TO_DO:
        return Outcome.NOTHING_CHANGED.value
    staging, _ = resumed(folder)
    with told(span(staging), "facts published") as tell:
        outcome = publish(
            staging.lake, staging, run={"run_id": run_id}, clock=lambda: datetime.now(UTC)
        )
        tell.text = outcome.value.replace("_", " ")
    return outcome.value


def _facts_read(chain: Chain) -> list[str]:
    """Return the hashes of the facts that an extraction builds on."""
    return sorted({entry.hash for entry in chain.heads("facts").values()})
