"""Where the lake stands."""

import json

import pytest

from expectations.gate import Failure, Report
from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    commit,
    stage_activity,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.months import months_after
from warehouse.answers.status import status, status_text
from warehouse.store.publish import Outcome
from warehouse.store.storage import draft_of


@pytest.fixture
def lake(tmp_path):
    lake = tiny_lake(tmp_path)
    commit(lake, stage_events(lake, AUGUST))
    commit(lake, stage_events(lake, SEPTEMBER))
    commit(lake, stage_limits(lake, SEPTEMBER, 100, reads=[1, 2]))
    return lake


def month_of(found, text):
    (month,) = [month for month in found["months"] if month["month"] == text]
    return month


def test_a_new_lake_has_no_month(tmp_path):
    found = status(tiny_lake(tmp_path))

    assert (found["months"], found["first_month"], found["newest_month"]) == ([], None, None)
    assert status_text(found).endswith("No month yet.")


def test_each_month_says_which_entries_are_in_force(lake):
    found = status(lake)

    assert (found["first_month"], found["newest_month"]) == ("2026-09", "2026-09")
    assert month_of(found, "2026-08") == {
        "month": "2026-08",
        "facts_entry": 1,
        "limits_entry": None,
        "kind": None,
        "mode": None,
        "facts_revisions": 0,
        "limits_revisions": 0,
        "lines": None,
        "late_events": 0,
        "newer_facts": [],
        "earlier_limits_revised": False,
        "unfinished": [],
        "warnings": [],
    }
    assert month_of(found, "2026-09") == month_of(found, "2026-08") | {
        "month": "2026-09",
        "facts_entry": 2,
        "limits_entry": 3,
        "kind": "limits",
        "mode": None,
        "lines": 4,
    }


def test_status_is_plain_data(lake):
    found = status(lake, {"files waiting": 2})

    assert json.loads(json.dumps(found)) == found
    assert "Landing: 2 files waiting." in status_text(found)


def test_holds_and_revisions_are_shown(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 200, "revised"))
    commit(lake, stage_limits(lake, OCTOBER, 200, kind="hold"))

    found = status(lake)

    assert month_of(found, "2026-09")["limits_revisions"] == 1
    assert month_of(found, "2026-10")["kind"] == "hold"
    assert "5 (hold)" in status_text(found)


@pytest.mark.parametrize(("followed", "how"), [(False, "2026-10"), (True, "2026-10 --cascade")])
def test_a_held_month_says_how_it_is_decided_after_all(lake, followed, how):
    commit(lake, stage_limits(lake, OCTOBER, 100, kind="hold"))
    if followed:
        commit(lake, stage_limits(lake, months_after(OCTOBER, 1), 100))

    assert f"2026-10: held by hand. Once the cause is mended, `limitwise run {how}` decides it" in (
        status_text(status(lake))
    )


def test_facts_changed_after_the_decision_are_named(lake):
    commit(lake, stage_activity(lake, AUGUST, 9, "corrected"))

    found = status(lake)

    assert month_of(found, "2026-09")["newer_facts"] == ["2026-08"]
    assert "2026-09: facts newer than decision: 2026-08." in status_text(found)


def test_events_that_change_nothing_that_a_decision_reads_are_not_newer(lake):
    commit(lake, stage_events(lake, AUGUST, 999, "overruled"))

    assert month_of(status(lake), "2026-09")["newer_facts"] == []


def test_a_decision_that_comes_out_the_same_has_seen_the_new_facts(lake):
    commit(lake, stage_activity(lake, AUGUST, 9, "corrected"))
    again = commit(lake, stage_limits(lake, SEPTEMBER, 100, "from the corrected facts"))

    assert again is Outcome.PUBLISHED
    assert month_of(status(lake), "2026-09")["newer_facts"] == []


def test_facts_listed_again_unchanged_are_not_newer(lake):
    again = stage_events(lake, AUGUST, intake=[{"path": "new file", "late_events": 0}])

    commit(lake, again)

    assert month_of(status(lake), "2026-09")["newer_facts"] == []


def test_a_revised_decision_has_seen_the_new_facts(lake):
    commit(lake, stage_activity(lake, AUGUST, 9, "corrected"))
    commit(lake, stage_limits(lake, SEPTEMBER, 200, "revised"))

    assert month_of(status(lake), "2026-09")["newer_facts"] == []


def test_limits_computed_from_limits_revised_since_are_named(lake):
    commit(lake, stage_limits(lake, OCTOBER, 200, reads=[1, 2, 3]))
    commit(lake, stage_limits(lake, SEPTEMBER, 300, "revised", cascade=True))

    found = status(lake)

    assert month_of(found, "2026-10")["earlier_limits_revised"]
    assert "`limitwise run 2026-10 --cascade`" in status_text(found)


def test_late_events_count_for_the_month_of_their_extraction(lake):
    intake = [
        {"path": "a", "through": "2026-10", "late_events": 3},
        {"path": "b", "through": "2026-10", "late_events": 4},
    ]

    commit(lake, stage_events(lake, OCTOBER, intake=intake))

    assert month_of(status(lake), "2026-10")["late_events"] == 7


def test_a_month_that_needs_approval_says_why_and_how(lake):
    staging = stage_limits(lake, OCTOBER, 200, needs_approval=["12 % of lines rose"])

    found = status(lake)

    assert found["needs_approval"] == [
        {"month": "2026-10", "folder": staging.folder, "reasons": ["12 % of lines rose"]}
    ]
    assert found["abandoned"] == []
    assert "`limitwise approve 2026-10 --by NAME --reason TEXT`" in status_text(found)


def test_what_a_killed_run_left_is_named(lake):
    staging = stage_limits(lake, OCTOBER, 200)
    draft_of(lake.root).write_bytes(b"half")

    found = status(lake)

    assert found["abandoned"] == [staging.folder]
    assert len(found["leftovers"]) == 1
    assert f"{staging.folder}: abandoned staging" in status_text(found)
    assert "1 half-written files" in status_text(found)


def test_a_month_not_switched_yet_is_unfinished(lake):
    lake.path("limits/month=2026-09/limits.parquet").unlink()

    found = status(lake)

    assert month_of(found, "2026-09")["unfinished"] == ["limits/month=2026-09/limits.parquet"]
    assert "Run `limitwise repair`" in status_text(found)


def test_warnings_of_the_checks_before_publishing_are_repeated(lake):
    failure = Failure(
        table="limits",
        expectation="volume",
        severity="warning",
        count=1,
        message="volume is 30 % below the trailing months",
    )
    report = Report(warnings=(failure,), evaluated=1).to_plain()

    commit(lake, stage_limits(lake, OCTOBER, 200, validation_decisions=report))

    found = status(lake)
    assert month_of(found, "2026-10")["warnings"] == ["volume is 30 % below the trailing months"]
    assert "2026-10: warning: volume is 30 % below" in status_text(found)


def test_warnings_of_the_facts_stay_visible_once_limits_are_published(lake):
    failure = Failure(
        table="events",
        expectation="values_shifted",
        severity="warning",
        count=1,
        message="delinquency_status value: PSI 0.612",
    )
    report = Report(warnings=(failure,), evaluated=1).to_plain()

    commit(lake, stage_events(lake, OCTOBER, validation_events=report))
    commit(lake, stage_limits(lake, OCTOBER, 200))

    found = status(lake)
    assert month_of(found, "2026-10")["warnings"] == ["delinquency_status value: PSI 0.612"]
    assert month_of(found, "2026-09")["warnings"] == []
