"""Every hand-written rule holds in a good month, and bites when one thing is wrong."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from expectations.rule import Files
from expectations.rules import ALL_RULES
from tests.expectations import worlds
from tests.expectations.worlds import broken, changed, intake, judged, without, written
from transforms.tables.decided import LIMITS

AUGUST = date(2026, 8, 1)
BEFORE = [date(2026, month, 1) for month in (6, 7, 8)]
LOW_CAP = {"consumer": worlds.SEGMENT_WITH_A_LOW_CAP}
WORLDS = {
    "events": (worlds.events_world, worlds.september_events),
    "facts": (worlds.facts_world, worlds.september_facts),
    "features": (worlds.features_world, worlds.september_features),
    "decisions": (worlds.decisions_world, worlds.september_decisions),
}


def events(rule, *also, frames=lambda w: w, **figures):
    return pytest.param("events", {rule, *also}, frames, figures, id=rule)


def facts(rule, table, user, **values):
    return pytest.param(
        *("facts", {rule}, lambda w: w | {table: changed(w[table], user, **values)}, {}), id=rule
    )


def features(rule, frames, **figures):
    return pytest.param("features", {rule}, frames, figures, id=rule)


def decided(rule, user, *also, name="", **values):
    """Change a decision, and the published row with it."""

    def frames(world):
        both = ("decisions", "limits")
        fits = [{n: v for n, v in values.items() if n in world[table]} for table in both]
        return world | {
            table: changed(world[table], user, **fit) for table, fit in zip(both, fits, strict=True)
        }

    return pytest.param("decisions", {rule, *also}, frames, {}, id=name or rule)


def other(rule, table, change, *also, **figures):
    return pytest.param(
        *("decisions", {rule, *also}, lambda w: w | {table: change(w[table])}, figures), id=rule
    )


def moved(frame, **values):
    return frame.with_columns(
        pl.when(pl.col("event_id") == "e5").then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    ).cast(dict(frame.schema))


def on_events(change):
    return lambda world: world | {"events": change(world["events"])}


BREAKS = [
    events("lines_add_up", intake=intake(lines=33)),
    events("events_of_files", intake=intake(events=31)),
    events("amounts_of_files", intake=intake(amount_cents=30_001)),
    events(
        "quarantine_of_files",
        frames=lambda w: w | {"quarantine": w["quarantine"].clear()},
    ),
    events(
        *("files_are_known", "events_of_files", "amounts_of_files"),
        frames=on_events(lambda e: moved(e, file_id="f2")),
    ),
    events("refused_whole", frames=on_events(lambda e: moved(e, source_line=31))),
    events(
        *("not_after_end", "day_missing"),
        frames=on_events(lambda e: moved(e, occurred_at=datetime(2099, 1, 1, tzinfo=UTC))),
    ),
    events("quarantined_share", "quarantined_share_half", intake=intake(most_bad_bps=300)),
    events("quarantined_share_half", intake=intake(most_bad_bps=500)),
    events("volume_lost", profiles=dict.fromkeys(BEFORE, worlds.profile(types={"purchase": 400}))),
    events("volume_low", profiles=dict.fromkeys(BEFORE, worlds.profile(types={"purchase": 100}))),
    events(
        "day_missing",
        frames=on_events(lambda e: moved(e, occurred_at=datetime(2026, 9, 6, tzinfo=UTC))),
    ),
    events(
        "ends_early",
        frames=on_events(lambda e: e.head(26)),
        intake=intake(lines=28, loaded=26, events=26, amount_cents=26_000),
    ),
    events("type_missing", expected={"shop": worlds.expectations(event_types={})}),
    events("clocks_apart", clocks=worlds.clocks(beyond=30, near=30)),
    events(
        "hours_shifted",
        frames=on_events(worlds.at_ten_hours),
        profiles={AUGUST: worlds.profile(hours=[0, *[30] * 10, *[0] * 13])},
    ),
    events(
        "values_shifted",
        expected={"shop": worlds.expectations(values={"least_events": 30})},
        frames=on_events(lambda e: e.with_columns(channel=pl.lit("app"))),
        profiles={AUGUST: worlds.profile(channel={"web": 30})},
    ),
    facts("activity_events", "activity", "ana", event_count=29),
    facts("activity_count", "activity", "ana", purchase_count=31),
    facts("activity_cents", "activity", "ana", purchase_cents=29_999),
    facts("purchases_in_bins", "activity", "ana", purchase_bin_01_count=1),
    facts("drawn_carries_over", "credit_months", "bo", drawdown_cents=4_999),
    facts("overdue_carries_over", "credit_months", "bo", overdue_end_cents=600),
    facts("of_the_months", "activity", "ana", as_of=date(2026, 8, 31)),
    facts("credit_stays", "credit_months_before", "bo", user_id="dai"),
    facts("reversals_are_known", "ledger_before", "bo", payment_event_id="shop/p0"),
    facts("accounts_stay", "accounts_before", "ana", user_id="dai"),
    features("features_of_accounts", lambda w: w | {"features": without(w["features"], "bo")}),
    features(
        "features_of_month",
        lambda w: w | {"features": changed(w["features"], "bo", as_of=date(2026, 8, 31))},
    ),
    features("no_month_missing", lambda w: w, first_month_told=date(2026, 7, 1)),
    other("scores_of_features", "scores", lambda t: without(t, "ana")),
    other(
        *("decisions_published", "decisions", lambda t: without(t, "bo")),
        *("open_lines_decided", "warnings_of_lines", "alerts_of_lines"),
    ),
    other("limits_as_decided", "limits", lambda t: changed(t, "bo", apr_bps=2_399)),
    other("alerts_of_lines", "alerts", lambda t: changed(t, "bo", user_id="eve")),
    other("warnings_of_lines", "warnings", lambda t: changed(t, "bo", user_id="eve")),
    decided("balance_carries_over", "ana", balance_end_cents=100_001),
    decided("limit_in_force_carries_over", "ana", limit_in_force_cents=400_000),
    other(
        "open_lines_decided",
        "credit_months",
        lambda t: changed(t, "dai", closed=False, limit_in_force_cents=1, balance_end_cents=-1),
        "last_month_present",
    ),
    other("last_month_present", "credit_months", lambda t: changed(t, "dai", balance_end_cents=1)),
    decided("one_run", "bo", policy_version="2025-01-01"),
    other("within_segment_cap", "accounts", lambda t: t, segments=LOW_CAP),
    other("within_borrower_cap", "accounts", lambda t: t, borrower_cap_cents=599_999),
    other("within_apr_cap", "accounts", lambda t: t, apr_cap_bps=2_399),
    decided("raise_within_step", "ana", limit_cents=610_000),
    decided("lower_within_step", "bo", action="lower", limit_cents=140_000, available_cents=0),
    decided("action_says_so", "ana", action="hold"),
    decided("available_within_limit", "bo", available_cents=300_001),
    decided("reasons_given", "bo", reasons=[]),
    decided("dates_follow", "bo", next_review_on=date(2026, 9, 30)),
]


@pytest.mark.parametrize("world", WORLDS)
def test_a_good_month_keeps_every_promise(world, tmp_path):
    frames, rules = WORLDS[world]

    report = judged(tmp_path, frames(), rules())

    assert report.message() == f"All {report.evaluated} promises hold."
    assert set(report.not_evaluated) <= {"limits_followed"}


@pytest.mark.parametrize(("world", "expected", "frames", "figures"), BREAKS)
def test_a_rule_bites(world, expected, frames, figures, tmp_path):
    good, rules = WORLDS[world]

    report = judged(tmp_path, frames(good()), rules(**figures))

    assert broken(report) == expected


def test_every_rule_is_tested():
    tested = {param.id for param in BREAKS}

    assert {rule.name for rule in ALL_RULES} == tested | {"limits_followed"}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_a_rule_is_declared_whole(rule):
    assert rule.meaning.endswith(".") and rule.remedy.endswith(".")
    assert not rule.broken.endswith(".") and rule.broken[0].islower()
    assert rule.reads and rule.table


def test_an_extraction_without_files_keeps_every_promise(tmp_path):
    frames = {name: frame.clear() for name, frame in worlds.events_world().items()}

    report = judged(tmp_path, frames, worlds.september_events(intake=pl.DataFrame(), profiles={}))

    assert report.message() == f"All {report.evaluated} promises hold."
    assert report.not_evaluated.keys() == {"volume_lost", "volume_low"}


def test_rule_names_are_unique():
    assert len({rule.name for rule in ALL_RULES}) == len(ALL_RULES)


class TestLimitsInForceThatNobodyPublished:
    OFFERED = ("2026-08-31 | ana | 400_000 | 500_000", "2026-08-31 | bo | 300_000 | 360_000")

    def report(self, tmp_path, *rows):
        text = "as_of | user_id | limit_before_cents | limit_cents\n" + "\n".join(rows)
        offered = worlds.filled(LIMITS, text).collect()
        files = Files(LIMITS, (written(tmp_path, "offered", offered),))
        rules = worlds.september_decisions()
        rules = type(rules)(rules.rows, {**rules.given, "limits_offered": files})
        return judged(tmp_path, worlds.decisions_world(), rules)

    def test_an_offer_taken_or_left_explains_the_limit_in_force(self, tmp_path):
        report = self.report(tmp_path, *self.OFFERED)

        assert broken(report) == set()

    def test_another_limit_in_force_stops_the_month(self, tmp_path):
        report = self.report(tmp_path, self.OFFERED[0], "2026-08-31 | bo | 100_000 | 200_000")

        assert [failure.message for failure in report.failures] == [
            "Table limits: 1 users whose limit in force is none that we published; the worst bo: "
            "300,000 cents. Ask the account system; until it answers, the month may be held with "
            "--hold."
        ]
