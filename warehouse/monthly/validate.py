"""Validation of what is staged: which files and figures each group of promises is held against."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from expectations.checks import check_tables
from expectations.gate import Report
from expectations.profiles import profiles_of
from expectations.rule import Files
from expectations.rules import (
    CLOCKS_SCHEMA,
    DecisionsFigures,
    EventsFigures,
    FactsFigures,
    FeaturesFigures,
    decisions_rules,
    events_rules,
    facts_rules,
    features_rules,
)
from transforms.features.catalogue import FEATURES
from transforms.mapping.expected import DEFAULTS
from transforms.months import month_of, month_text, months_after
from transforms.tables.decided import ALERTS, DECISIONS, LIMITS, SCORES, WARNINGS
from transforms.tables.facts import (
    ACTIVITY,
    CREDIT_MONTHS,
    LEDGER,
    SEGMENT_NORMS,
    SHARED_DEVICES,
)
from transforms.tables.logs import ACCOUNTS, EVENTS, INSTRUCTIONS, QUARANTINE
from transforms.tables.table import Table
from warehouse.intake.sources import Source, read_sources
from warehouse.monthly.history import first_month_told
from warehouse.monthly.terms import TermsInForce
from warehouse.store.audit import Chain
from warehouse.store.staging import Staging

DOCS = "data_docs"


def events_report(staging: Staging, chain: Chain, sources_folder) -> Report:
    """Hold staged events, quarantine and instructions against the landing files and each other."""
    months = _months(staging)
    sources = {source.name: source for source in read_sources(sources_folder)}
    active = {record["source"] for record in _accounted(staging, chain).values()}
    figures = EventsFigures(
        intake=_intake(staging, chain, sources),
        months=months,
        time_zone=staging.lake.time_zone,
        expected={
            name: sources[name].expected if name in sources else DEFAULTS for name in sorted(active)
        },
        profiles=_profiles(chain, before=months[0]),
        clocks=_clocks(staging, sources),
    )
    tables = (EVENTS, QUARANTINE, INSTRUCTIONS)
    return check_tables(
        _staged(staging, tables, months), events_rules(figures), _docs(staging, "events")
    )


def facts_report(staging: Staging, chain: Chain) -> Report:
    """Hold staged facts against the events that they were counted from."""
    months = _months(staging)
    before = months_after(months[0], -1)
    figures = FactsFigures(
        months=months,
        events=_paths(staging, EVENTS, months),
        ledger_before=chain.paths("ledger", before),
        credit_months_before=chain.paths("credit_months", before) or None,
        accounts_before=chain.paths("accounts", before) or None,
    )
    tables = (ACTIVITY, LEDGER, CREDIT_MONTHS, ACCOUNTS, SEGMENT_NORMS, SHARED_DEVICES)
    return check_tables(
        _staged(staging, tables, months), facts_rules(figures), _docs(staging, "facts")
    )


def features_report(staging: Staging, chain: Chain, terms: TermsInForce) -> Report:
    """Hold staged features against the accounts and the months that they were computed from."""
    month = staging.month
    figures = FeaturesFigures(
        month=month,
        accounts=chain.paths("accounts", month),
        facts_months=tuple(chain.heads("facts")),
        first_month_told=first_month_told(chain),
    )
    tables = _staged(staging, (FEATURES,), [month])
    return check_tables(tables, features_rules(figures), _docs(staging, "features"))


def decisions_report(staging: Staging, chain: Chain, terms: TermsInForce) -> Report:
    """Hold staged decisions and limits against caps, steps and the month before."""
    tables = _staged(staging, (SCORES, DECISIONS, LIMITS, WARNINGS, ALERTS), [staging.month])
    rules = decisions_rules(decisions_figures(staging, chain, terms))
    return check_tables(tables, rules, _docs(staging, "decisions"))


def decisions_figures(staging: Staging, chain: Chain, terms: TermsInForce) -> DecisionsFigures:
    """Return what decisions and limits are held against."""
    month = staging.month
    before = chain.paths("limits", months_after(month, -1))
    live = staging.notes["parameters"]["mode"] == "live"
    offered = [p for back in (1, 2, 3) for p in chain.paths("limits", months_after(month, -back))]
    features = staging.paths("features", month)
    return DecisionsFigures(
        month=month,
        segments=terms.policy.segments,
        round_to_cents=terms.policy.line.round_to_cents,
        borrower_cap_cents=terms.pack.borrower_cap_cents,
        apr_cap_bps=terms.apr_cap_bps(month),
        features=Files(FEATURES, tuple(features)) if features else None,
        accounts=chain.paths("accounts", month),
        credit_months=chain.paths("credit_months", month),
        limits_before=before or None,
        limits_offered=(offered or None) if live else None,
    )


def event_types(chain: Chain, *, before: date | None = None) -> dict[date, dict[str, int]]:
    """Return the events of each month with facts, by type."""
    return {
        month: types
        for month, entry in chain.heads("facts").items()
        if before is None or month < before
        for text, types in entry.figures.get("event_types", {}).items()
        if month_of(text) == month
    }


def profiles_measured(report: Report) -> dict[str, Any]:
    """Return the counts that a report of events kept, by month, for the audit entry."""
    return {month_text(month): profile for month, profile in profiles_of(report.kept).items()}


def _profiles(chain: Chain, *, before: date) -> dict[date, Any]:
    return {
        month: profile
        for month, entry in chain.heads("facts").items()
        for text, profile in entry.figures.get("profiles", {}).items()
        if month_of(text) == month < before
    }


def _clocks(staging: Staging, sources: Mapping[str, Source]) -> pl.DataFrame:
    """Return what was measured of pairs of clocks in the files just read, and what is allowed."""
    rows = []
    for record in filter(lambda record: record["clocks"], staging.notes["intake"]):
        sections = {file.name: file for file in sources[record["source"]].files}
        known = {clock.measure: clock for clock in sections[record["section"]].clocks}
        for found in record["clocks"]:
            clock = known[found["measure"]]
            if found["lines"] and clock.severity != "off":
                about = {"file_path": record["path"], "source": record["source"]}
                rows.append(about | {"severity": clock.severity} | found | dict(clock.thresholds))
    return pl.DataFrame(rows, schema=CLOCKS_SCHEMA)


def _intake(staging: Staging, chain: Chain, rules: Mapping[str, Source]) -> pl.DataFrame:
    """Return one row for each landing file that the lake accounts for once this is published."""
    staged = {record["path"] for record in staging.notes["intake"]}
    rows = [
        _intake_row(record, rules[record["source"]], record["path"] in staged)
        for record in _accounted(staging, chain).values()
        if record["source"] in rules
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _accounted(staging: Staging, chain: Chain) -> dict[str, dict[str, Any]]:
    return chain.accounted() | {record["path"]: record for record in staging.notes["intake"]}


def _intake_row(record: dict[str, Any], source, read_now: bool) -> dict[str, Any]:
    names = ("file_id", "source", "section", "lines", "loaded", "quarantined", "overruled")
    names = (*names, "duplicate", "blank")
    return {
        **{name: record[name] for name in names},
        "file_path": record["path"],
        "events": record["stored_events"],
        "amount_cents": record["stored_cents"],
        "most_bad_bps": source.most_bad_bps,
        "bad_lines_allowed": source.bad_lines_allowed,
        "whole": read_now and record["whole"],
    }


def _months(staging: Staging) -> list[date]:
    return [month_of(text) for text in staging.notes["months"]]


def _paths(staging: Staging, table: Table, months: list[date]) -> list[str]:
    return [path for month in months for path in staging.paths(table.name, month)]


def _staged(
    staging: Staging, tables: tuple[Table, ...], months: list[date]
) -> dict[Table, list[str]]:
    return {table: _paths(staging, table, months) for table in tables}


def _docs(staging: Staging, what: str) -> str:
    return str(staging.path(f"{DOCS}/{what}"))
