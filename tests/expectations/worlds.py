"""Small worlds in which every hand-written rule holds, for tests to break one thing of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from expectations.checks import check_tables
from expectations.gate import Report
from expectations.rule import Files, Rules
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
from tests.tables import filled
from transforms.deciding.limits import limits
from transforms.features.catalogue import FEATURES
from transforms.mapping.expected import THRESHOLDS, Expectation
from transforms.policies.segment_rules import Band, FirstLimit, SegmentRules
from transforms.tables.decided import ALERTS, DECISIONS, LIMITS, SCORES, WARNINGS
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, LEDGER
from transforms.tables.logs import ACCOUNTS, EVENTS, QUARANTINE
from transforms.tables.table import Table

SEPTEMBER = date(2026, 9, 1)
OCTOBER = date(2026, 10, 1)
SEGMENT = SegmentRules(
    ladder_bps=(-5_000, 0, 2_000),
    odds_factor_ppm=(1_000_000, 1_000_000, 1_050_000),
    cap_cents=2_000_000,
    pd_cut_ppm=40_000,
    hysteresis_bps=1_000,
    review_months=1,
    first_limit=FirstLimit(
        evidence=("income_evidence_cents",),
        share_bps=3_000,
        starter_cents=300_000,
        band=(Band(pd_at_most_ppm=60_000, at_most_cents=500_000),),
        source="A test.",
    ),
    source="A test.",
)
SEGMENT_WITH_A_LOW_CAP = replace(SEGMENT, cap_cents=590_000)
Frames = dict[str, pl.DataFrame]
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(EVENTS, QUARANTINE, ACTIVITY, LEDGER, CREDIT_MONTHS, ACCOUNTS, FEATURES),
        *(SCORES, DECISIONS, LIMITS, WARNINGS, ALERTS),
    )
}


def written(folder, name: str, frame: pl.DataFrame) -> str:
    """Write a frame as Parquet and return its path."""
    path = folder / f"{name}.parquet"
    frame.write_parquet(path, compression="zstd")
    return str(path)


def changed(frame: pl.DataFrame, user: str, **values) -> pl.DataFrame:
    """Return the frame with other values in the rows of one user."""
    return frame.with_columns(
        pl.when(pl.col("user_id") == user)
        .then(pl.lit(value, dtype=frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )


def without(frame: pl.DataFrame, user: str) -> pl.DataFrame:
    """Return the frame without the rows of one user."""
    return frame.filter(pl.col("user_id") != user)


def judged(folder, frames: Mapping[str, pl.DataFrame], rules: Rules) -> Report:
    """Hold tables against hand-written rules alone, not against their declarations."""
    tables = {
        name: Files(TABLES[name.removesuffix("_before")], (written(folder, name, frame),))
        for name, frame in frames.items()
    }
    return check_tables({}, replace(rules, given={**rules.given, **tables}))


def broken(report: Report) -> set[str]:
    """Return the names of everything that failed, critical or not."""
    return {failure.expectation for failure in (*report.failures, *report.warnings)}


# ---- Events: ana buys something for 10 yuan each day of September ---------------------------


def events_world() -> Frames:
    """Return a month of events with a landing file that holds one bad and one blank line."""
    days = range(1, 31)
    events = pl.DataFrame(
        {
            "event_id": [f"e{day}" for day in days],
            "user_id": "ana",
            "occurred_at": [datetime(2026, 9, day, 4, tzinfo=UTC) for day in days],
            "event_type": "purchase",
            "amount_cents": 1_000,
            "source": "shop",
            "file_id": "f1",
            "source_line": list(days),
        }
    )
    rest = [pl.lit(None, dtype=t).alias(n) for n, t in EVENTS.schema.items() if n not in events]
    quarantine = filled(
        QUARANTINE,
        """
        file_id | file_path | source_line | source | reason
        f1      | a.jsonl   | 31          | shop   | not_a_number
        """,
    )
    return {
        "events": events.with_columns(rest).select(EVENTS.schema.names()).cast(dict(EVENTS.schema)),
        "quarantine": quarantine.collect(),
    }


def intake(**values) -> pl.DataFrame:
    """Return what intake says of the landing file of `events_world`."""
    row = {
        "file_id": "f1",
        "file_path": "a.jsonl",
        "source": "shop",
        "section": "sales",
        "lines": 32,
        "loaded": 30,
        "quarantined": 1,
        "overruled": 0,
        "duplicate": 0,
        "blank": 1,
        "events": 30,
        "amount_cents": 30_000,
        "most_bad_bps": 1_000,
        "bad_lines_allowed": 0,
        "whole": True,
    }
    return pl.DataFrame([row | values])


def expectations(**declared) -> tuple[Expectation, ...]:
    """Return what `events_world` keeps up: an event each day, with thresholds for tiny samples."""
    thresholds = {
        "month_end": {"least_daily_events": 1},
        "every_day": {"least_daily_events": 1},
        "volume": {"least_events": 2},
        "hours": {"least_events": 30},
    } | declared
    return tuple(
        Expectation(what=what, thresholds=THRESHOLDS[what] | values, **about(what))
        for what, values in thresholds.items()
    )


def about(what: str) -> dict:
    """Return what an expectation of a kind is about in `events_world`."""
    types = {"event_types": ("purchase", "login")} if what == "event_types" else {}
    return types | ({"column": "channel"} if what == "values" else {})


def profile(days=(), hours=(), types=(), **values) -> dict:
    """Return the counts of an earlier month of the shop."""
    return {
        "types": {"shop": dict(types)} if types else {},
        "days": {"shop": list(days)} if days else {},
        "hours": {"shop": list(hours)} if hours else {},
        "values": {"shop": values} if values else {},
    }


def at_ten_hours(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events at eight in the morning to five in the afternoon, in turn."""
    hours = pl.duration(hours=pl.int_range(pl.len()) % 10 - 4)
    return events.with_columns(pl.col("occurred_at") + hours)


def clocks(**values) -> pl.DataFrame:
    """Return what intake says of two clocks of a file of 30 lines."""
    row = {
        "file_path": "a.jsonl",
        "source": "shop",
        "measure": "at against booked",
        "severity": "warning",
        "lines": 30,
        "median_seconds": 0,
        "near": 30,
        "beyond": 0,
    }
    return pl.DataFrame([row | THRESHOLDS["clocks"] | values], schema=CLOCKS_SCHEMA)


def september_events(**values) -> Rules:
    """Return the rules for `events_world`; a usual month has 30 purchases, a usual day one."""
    months = (date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1))
    figures = {
        "intake": intake(),
        "months": [SEPTEMBER],
        "time_zone": "Asia/Shanghai",
        "profiles": {month: profile(types={"purchase": 30}) for month in months},
        "expected": {"shop": expectations()},
    }
    return events_rules(EventsFigures(**figures | values))


# ---- Facts: what those events come to ------------------------------------------------------


def facts_world() -> Frames:
    """Return the facts of ana, who buys, and of bo, who owes 5 yuan of 50 that he drew.

    A payment of his of August is taken back.
    """
    bought = events_world()["events"]
    drawn = changed(
        bought.head(1).with_columns(user_id=pl.lit("bo"), event_id=pl.lit("e99")),
        "bo",
        event_type="drawdown",
        amount_cents=5_000,
    )
    taken_back = changed(
        drawn.with_columns(event_id=pl.lit("e98")),
        "bo",
        event_type="reversal",
        amount_cents=None,
        reverses_event_id="p1",
    )
    return {
        "events": pl.concat([bought, drawn, taken_back]),
        "activity": filled(
            ACTIVITY,
            """
            user_id | event_count | purchase_count | purchase_cents | purchase_bin_00_count | \
drawdown_count | drawdown_cents | reversal_count
            ana     | 30          | 30             | 30_000         | 30                    | \
0              | 0              | 0
            bo      | 2           | 0              | 0              | 0                     | \
1              | 5_000          | 1
            """,
        ).collect(),
        "ledger": filled(
            LEDGER,
            """
            user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
            bo      | obligation | shop/o1       | 2026-09-20 | 500          | 500
            bo      | obligation | shop/o2       | 2026-09-21 | 500          | 100
            bo      | obligation | shop/o3       | 2026-10-20 | 500          | 500
            """,
        ).collect(),
        "ledger_before": filled(
            LEDGER,
            """
            as_of      | user_id | row_kind   | obligation_id | payment_event_id | amount_cents
            2026-08-31 | bo      | allocation | shop/o1       | shop/p1          | 500
            """,
        ).collect(),
        "credit_months": filled(
            CREDIT_MONTHS,
            """
            user_id | credit_from | drawdown_cents | overdue_end_cents
            bo      | ledger      | 5_000          | 500
            """,
        ).collect(),
        "credit_months_before": filled(
            CREDIT_MONTHS,
            """
            as_of      | user_id | credit_from
            2026-08-31 | bo      | ledger
            """,
        ).collect(),
        "accounts": filled(ACCOUNTS, "user_id\nana\nbo").collect(),
        "accounts_before": filled(ACCOUNTS, "as_of | user_id\n2026-08-31 | ana").collect(),
    }


def september_facts() -> Rules:
    """Return the rules for `facts_world`."""
    return facts_rules(
        FactsFigures(months=[SEPTEMBER], events=(), credit_months_before=(), accounts_before=())
    )


# ---- Features and decisions: ana is raised, bo held, chen was declined, dai paid off ---------


def features_world() -> Frames:
    """Return features of ana and bo."""
    return {
        "features": filled(FEATURES, "user_id\nana\nbo").collect(),
        "accounts": filled(ACCOUNTS, "user_id\nana\nbo").collect(),
    }


def september_features(first_month_told: date = date(2026, 8, 1)) -> Rules:
    """Return the rules for `features_world`, of a lake that begins in August."""
    return features_rules(
        FeaturesFigures(
            month=SEPTEMBER,
            accounts=(),
            facts_months=(date(2026, 8, 1), SEPTEMBER),
            first_month_told=first_month_told,
        )
    )


def decisions_world() -> Frames:
    """Return a month of decisions, and what it is held against."""
    decisions = filled(
        DECISIONS,
        """
        user_id | line_status | limit_in_force_cents | limit_before_cents | limit_cents | \
available_cents | action | decidable | apr_bps | reasons      | reasons_kind | effective_on | \
next_review_on | policy_version | scorecard_version | balance_end_cents
        ana     | open        | 500_000              | 500_000            | 600_000     | \
500_000         | raise  | yes       | 1_800   | RAISE_EARNED | action       | 2026-10-01   | \
2026-11-01     | 2026-01-01     | expert            | 100_000
        bo      | open        | 300_000              | 300_000            | 300_000     | \
300_000         | hold   | yes       | 2_400   | late_payment | guards       | 2026-10-01   | \
2026-11-01     | 2026-01-01     | expert            | 0
        """,
    )
    return {
        "decisions": decisions.collect(),
        "limits": limits(decisions, "1d", "live").collect(),
        "warnings": filled(WARNINGS, "user_id | signal | severity\nbo | overdue | watch").collect(),
        "alerts": filled(ALERTS, "user_id | place\nbo | 1").collect(),
        "scores": filled(SCORES, "user_id\nana\nbo").collect(),
        "features": filled(FEATURES, "user_id\nana\nbo").collect(),
        "accounts": filled(
            ACCOUNTS, "user_id | borrower_id | segment\nana | p1 | consumer\nbo | p2 | consumer"
        ).collect(),
        "credit_months": filled(
            CREDIT_MONTHS,
            """
            user_id | credit_from | limit_in_force_cents | balance_end_cents | closed
            ana     | ledger      | 500_000              | 100_000           | no
            bo      | ledger      | 300_000              | 0                 | no
            dai     | ledger      | -                    | 0                 | yes
            """,
        ).collect(),
        "limits_before": filled(
            LIMITS,
            """
            as_of      | user_id | line_status | limit_before_cents | limit_cents | action
            2026-08-31 | ana     | open        | 400_000            | 500_000     | raise
            2026-08-31 | bo      | open        | 300_000            | 360_000     | raise
            2026-08-31 | chen    | closed      | -                  | 0           | decline
            2026-08-31 | dai     | open        | 100_000            | 100_000     | hold
            """,
        ).collect(),
    }


def september_decisions(**values) -> Rules:
    """Return the rules for `decisions_world`; last month's limits are on offer, in live mode."""
    figures = {
        "month": SEPTEMBER,
        "segments": {"consumer": SEGMENT, "micro_business": SEGMENT},
        "round_to_cents": 10_000,
        "borrower_cap_cents": 1_000_000,
        "apr_cap_bps": 2_400,
        "features": None,
        "accounts": (),
        "credit_months": (),
        "limits_before": (),
        "limits_offered": None,
    }
    return decisions_rules(DecisionsFigures(**figures | values))
