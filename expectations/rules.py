"""Rules: every hand-written promise, and the figures that each group of them needs.

A figure that does not exist yet is None: its rules are not evaluated, and the report says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from expectations.completeness import COMPLETENESS_RULES, DAY_USUAL
from expectations.drift import DRIFT_RULES
from expectations.facts_reconciliation import FACTS_RULES
from expectations.limit_rules import LIMITS_RULES
from expectations.portfolio import DECISIONS_RULES, FEATURES_RULES
from expectations.profiles import KEPT, Expected, Profile, prepared, profile_figures
from expectations.reconciliation import EVENTS_RULES
from expectations.rule import Files, Given, Rules
from expectations.volumes import VOLUME_RULES, Usual, volume_figures
from transforms.facts.obligations import FORGIVEN_CENTS
from transforms.mapping.expected import THRESHOLDS
from transforms.months import last_day, months_after, months_between
from transforms.policies.segment_rules import SegmentRules
from transforms.tables.decided import LIMITS
from transforms.tables.facts import CREDIT_MONTHS, LEDGER
from transforms.tables.logs import ACCOUNTS, EVENTS
from transforms.tables.table import Table

EXTRACTION_RULES = (*EVENTS_RULES, *VOLUME_RULES, *COMPLETENESS_RULES, *DRIFT_RULES)
ALL_RULES = (*EXTRACTION_RULES, *FACTS_RULES, *FEATURES_RULES, *DECISIONS_RULES)

INTAKE_SCHEMA = pl.Schema(
    {
        "file_id": pl.String(),
        "file_path": pl.String(),
        "source": pl.String(),
        "section": pl.String(),
        "lines": pl.Int64(),
        "loaded": pl.Int64(),
        "quarantined": pl.Int64(),
        "overruled": pl.Int64(),
        "duplicate": pl.Int64(),
        "blank": pl.Int64(),
        "events": pl.Int64(),
        "amount_cents": pl.Int64(),
        "most_bad_bps": pl.Int64(),
        "bad_lines_allowed": pl.Int64(),
        "whole": pl.Boolean(),
    }
)
CLOCKS_SCHEMA = pl.Schema(
    dict.fromkeys(("file_path", "source", "measure", "severity"), pl.String())
    | dict.fromkeys(("lines", "median_seconds", "near", "beyond"), pl.Int64())
    | dict.fromkeys(THRESHOLDS["clocks"], pl.Int64())
)
Paths = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsFigures:
    """What the rules of an extraction need.

    Attributes:
        intake: One row for each landing file that is accounted for after this extraction, columns
            of INTAKE_SCHEMA. `whole` is true if all rows of the file lie in the tables under
            judgement: true of the files just read, as a rule, and false of older ones. `events`
            and `amount_cents` are what remained after duplicates and conflicts were taken out;
            `amount_cents` is null throughout if intake does not sum amounts.
        months: Months whose events are judged, first days.
        time_zone: The lender's zone.
        usual: Months that a month's volume is compared with.
        expected: By source, what it is expected to keep up.
        profiles: Of each earlier month, at least the last twelve, what `profiles_of` made of the
            counts that were kept.
        clocks: One row for each pair of clocks of a file just read, columns of CLOCKS_SCHEMA:
            `lines` that have both, how many of them differ by more than is allowed (`beyond`),
            and by about the median (`near`).
    """

    intake: pl.DataFrame
    months: Sequence[date]
    time_zone: str
    usual: Usual = field(default_factory=Usual)
    expected: Expected = field(default_factory=dict)
    profiles: Mapping[date, Profile] = field(default_factory=dict)
    clocks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CLOCKS_SCHEMA))


def events_rules(figures: EventsFigures) -> Rules:
    """Return the rules for EVENTS and QUARANTINE: reconciliation, volume, completeness, drift."""
    files = figures.intake if figures.intake.width else pl.DataFrame(schema=INTAKE_SCHEMA)
    intake = files.select(pl.col(n).cast(t) for n, t in INTAKE_SCHEMA.items())
    summed = intake.height == 0 or intake["amount_cents"].null_count() < intake.height
    before = {m: of for m, of in figures.profiles.items() if m < min(figures.months)}
    given: dict[str, Given] = {
        "intake": intake,
        "intake_amounts": intake if summed else None,
        **volume_figures(
            figures.months, figures.time_zone, figures.expected, before, figures.usual
        ),
        **profile_figures(figures.expected, before),
        "clocks": figures.clocks.select(pl.col(n).cast(t) for n, t in CLOCKS_SCHEMA.items()),
    }
    counted = prepared(figures.expected) | {"day_usual": DAY_USUAL}
    return Rules(EXTRACTION_RULES, given, counted, KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFigures:
    """What the rules of the facts need.

    Attributes:
        months: Months whose facts are judged, first days.
        events: Their files of EVENTS.
        ledger_before: Files of the month before the first of them.
        credit_months_before, accounts_before: Likewise; None if the lake does not reach back that
            far.
    """

    months: Sequence[date]
    events: Paths
    ledger_before: Paths = ()
    credit_months_before: Paths | None = None
    accounts_before: Paths | None = None


def facts_rules(figures: FactsFigures) -> Rules:
    """Return the rules for ACTIVITY, LEDGER, CREDIT_MONTHS and ACCOUNTS against the events.

    All four tables, of all the months, must be under judgement together.
    """
    given: dict[str, Given] = {
        "events": Files(EVENTS, tuple(figures.events)),
        "months": pl.DataFrame({"month": list(figures.months)}, schema={"month": pl.Date}),
        "first_as_of": last_day(min(figures.months)),
        "forgiven_cents": FORGIVEN_CENTS,
        "ledger_before": Files(LEDGER, tuple(figures.ledger_before)),
        "credit_months_before": _files(CREDIT_MONTHS, figures.credit_months_before),
        "accounts_before": _files(ACCOUNTS, figures.accounts_before),
    }
    return Rules(FACTS_RULES, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturesFigures:
    """What the rules of the features need.

    Attributes:
        month: Month computed, first day.
        accounts: Files of ACCOUNTS of the month.
        facts_months: Months with facts in the lake, first days.
        first_month_told: First month that the lake has events of.
    """

    month: date
    accounts: Paths
    facts_months: tuple[date, ...]
    first_month_told: date


def features_rules(figures: FeaturesFigures) -> Rules:
    """Return the rules for FEATURES: whose they are, and that no month of the window is missing."""
    first = max(figures.first_month_told, months_after(figures.month, -11))
    lacking = sorted({*months_between(first, figures.month)} - {*figures.facts_months})
    given: dict[str, Given] = {
        "accounts": Files(ACCOUNTS, tuple(figures.accounts)),
        "months_lacking": pl.DataFrame({"month": lacking}, schema={"month": pl.Date}),
        "as_of_month": last_day(figures.month),
    }
    return Rules(FEATURES_RULES, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsFigures:
    """What the rules of decisions and limits need.

    Attributes:
        month: Month decided, first day.
        segments: Rules by segment of the policy in force.
        round_to_cents: Limits are rounded down to a multiple of this.
        borrower_cap_cents, apr_cap_bps: Legal caps of the pack in force; None if it has none.
        features: The table and its files of the month.
        accounts, credit_months: Files of the month.
        limits_before: Published file of the month before; None in the lake's first month.
        limits_offered: In live mode, published files of the last three months; None in shadow
            mode and in the lake's first month.
        unexplained_at_most_bps: Share of users whose limit in force may be none of ours.
    """

    month: date
    segments: Mapping[str, SegmentRules]
    round_to_cents: int
    borrower_cap_cents: int | None
    apr_cap_bps: int | None
    features: Files | None
    accounts: Paths
    credit_months: Paths
    limits_before: Paths | None
    limits_offered: Paths | None
    unexplained_at_most_bps: int = 10


def decisions_rules(figures: DecisionsFigures) -> Rules:
    """Return the rules for SCORES, DECISIONS, LIMITS, WARNINGS and ALERTS, judged together."""
    return Rules(DECISIONS_RULES, _decisions_given(figures))


def hold_rules(figures: DecisionsFigures) -> Rules:
    """Return the rules for LIMITS alone, of a month that is published with limits unchanged."""
    return Rules(LIMITS_RULES, _decisions_given(figures))


def _decisions_given(figures: DecisionsFigures) -> dict[str, Given]:
    segments = [
        (name, rules.cap_cents, max(rules.ladder_bps), -min(rules.ladder_bps))
        for name, rules in sorted(figures.segments.items())
    ]
    names = ("cap_cents", "raise_at_most_bps", "lower_at_most_bps")
    return {
        "as_of_month": last_day(figures.month),
        "segments": pl.DataFrame(
            segments,
            schema={"segment": pl.String, **dict.fromkeys(names, pl.Int64)},
            orient="row",
        ),
        "round_to_cents": figures.round_to_cents,
        "borrower_cap_cents": figures.borrower_cap_cents,
        "apr_cap_bps": figures.apr_cap_bps,
        "features": figures.features,
        "accounts": Files(ACCOUNTS, tuple(figures.accounts)),
        "credit_months": Files(CREDIT_MONTHS, tuple(figures.credit_months)),
        "limits_before": _files(LIMITS, figures.limits_before),
        "limits_offered": _files(LIMITS, figures.limits_offered),
        "unexplained_at_most_bps": figures.unexplained_at_most_bps,
    }


def _files(table: Table, paths: Paths | None) -> Files | None:
    return None if paths is None else Files(table, tuple(paths))
