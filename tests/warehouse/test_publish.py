"""Publishing: a month is committed once, whole, from inputs that are still in force."""

import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    at,
    commit,
    newest,
    published_cents,
    stage,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.months import months_after
from transforms.tables.decided import LIMITS
from transforms.tables.logs import EVENTS
from warehouse.store.audit import Chain
from warehouse.store.publish import STEPS, Outcome
from warehouse.store.staging import Staging
from warehouse.store.verify import verify


@pytest.fixture
def lake(tmp_path):
    return tiny_lake(tmp_path)


def test_a_month_is_published_and_the_lake_verifies(lake):
    assert commit(lake, stage_limits(lake, SEPTEMBER, 100)) is Outcome.PUBLISHED

    assert published_cents(lake, SEPTEMBER) == [100] * 4
    assert verify(lake).findings == ()


def test_the_steps_are_told_in_order_those_of_switching_once_per_object(lake):
    told = []

    commit(lake, stage_limits(lake, SEPTEMBER, 100), told.append)

    switching = ["copied", "switched"]
    assert told == ["checked", "linked", "appended", *switching, *switching, "done"]
    assert set(told) == set(STEPS)


def test_a_published_folder_holds_one_file(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))

    names = [path.name for path in lake.path("limits").rglob("*")]
    assert names == ["month=2026-09", "limits.parquet"]


def test_a_published_object_is_a_copy_and_not_a_link(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))

    published = lake.path("limits/month=2026-09/limits.parquet")
    assert not published.is_symlink()
    assert published.stat().st_nlink == 1


def test_facts_are_committed_and_publish_no_object(lake):
    told = []

    assert commit(lake, stage_events(lake, SEPTEMBER), told.append) is Outcome.PUBLISHED

    assert told == ["checked", "linked", "appended", "done"]
    assert not lake.path("events").exists()


def test_publishing_the_same_folder_again_is_already_published(lake):
    staging = stage_limits(lake, SEPTEMBER, 100)
    commit(lake, staging)

    again = Staging.resume(lake, staging.folder)

    assert commit(lake, again) is Outcome.ALREADY_PUBLISHED
    assert Chain.read(lake).newest == 1


def test_equal_content_of_equal_inputs_changes_nothing(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))

    assert commit(lake, stage_limits(lake, SEPTEMBER, 100)) is Outcome.NOTHING_CHANGED

    assert Chain.read(lake).newest == 1


def test_equal_facts_of_several_commits_change_nothing(lake):
    commit(lake, stage_events(lake, AUGUST))
    commit(lake, stage_events(lake, SEPTEMBER))
    both = stage_events(lake, SEPTEMBER, inputs="both", months=["2026-08", "2026-09"])
    both.adopt(Chain.read(lake).files("events", AUGUST))
    both.seal()

    assert commit(lake, both) is Outcome.NOTHING_CHANGED


def test_equal_facts_of_a_landing_file_not_seen_before_are_committed(lake):
    commit(lake, stage_events(lake, SEPTEMBER, intake=[{"path": "a", "sha256": "1"}]))
    corrected = stage_events(lake, SEPTEMBER, intake=[{"path": "a", "sha256": "2"}])

    assert commit(lake, corrected) is Outcome.PUBLISHED
    assert Chain.read(lake).accounted()["a"]["sha256"] == "2"


def test_other_content_is_a_revision_that_readers_see(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))

    commit(lake, stage_limits(lake, SEPTEMBER, 200, "revised"))

    assert published_cents(lake, SEPTEMBER) == [200] * 4
    assert newest(lake).supersedes == (1,)
    assert verify(lake).findings == ()


def test_a_hold_stands_in_for_the_limits_of_its_month(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))

    commit(lake, stage_limits(lake, OCTOBER, 100, kind="hold"))

    assert Chain.read(lake).head("limits", OCTOBER).kind == "hold"
    assert published_cents(lake, OCTOBER) == [100] * 4


def test_approvals_are_part_of_the_entry(lake):
    approval = {"by": "chen", "reason": "checked"}

    commit(lake, stage_limits(lake, SEPTEMBER, 100), approvals=(approval,))

    assert newest(lake).approvals == (approval,)


@pytest.mark.parametrize(
    ("month", "message"),
    [
        (months_after(OCTOBER, 2), "a month needs the one before it. Run 2026-11 next"),
        (AUGUST, "limits from 2026-09 to 2026-10"),
        (SEPTEMBER, "not revised alone. Run `limitwise run 2026-09 --cascade`"),
    ],
)
def test_limits_out_of_order_are_refused(lake, month, message):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))
    commit(lake, stage_limits(lake, OCTOBER, 100))

    with pytest.raises(RefusedError, match=message):
        commit(lake, stage_limits(lake, month, 300, "late"))

    assert Chain.read(lake).newest == 2


def test_a_cascade_revises_a_month_that_others_follow(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))
    commit(lake, stage_limits(lake, OCTOBER, 100))

    commit(lake, stage_limits(lake, SEPTEMBER, 300, "late", cascade=True))

    assert published_cents(lake, SEPTEMBER) == [300] * 4


def test_a_table_of_which_a_bucket_is_missing_is_not_published(tmp_path):
    lake = tiny_lake(tmp_path, buckets=2)
    staging = Staging.begin(lake, SEPTEMBER, "0" * 16)
    staging.write(EVENTS, SEPTEMBER, EVENTS.empty(), bucket=1)
    staging.seal({"kind": "facts"})

    with pytest.raises(RefusedError, match="events 2026-09: 1 of 2 buckets are there"):
        commit(lake, staging)

    assert Chain.read(lake).newest == 0


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_file_damaged_after_staging_is_not_published(lake, damage):
    staging = stage_limits(lake, SEPTEMBER, 100)
    path = lake.path(staging.files[0].path)
    path.write_bytes(b"PAR1") if damage == "changed" else path.unlink()

    with pytest.raises(RefusedError, match="limits/2026-09/all.parquet: not as it was staged"):
        commit(lake, staging)

    assert Chain.read(lake).newest == 0


def test_an_attachment_changed_after_staging_is_not_published(lake):
    staging = stage(lake, SEPTEMBER, {LIMITS: "user_id\nana"}, "first", kind="limits")
    staging.write_text("report.txt", "good")
    staging.seal()
    staging.path("report.txt").write_text("better")

    with pytest.raises(RefusedError, match="report.txt: changed since it was staged"):
        commit(lake, Staging.resume(lake, staging.folder))

    assert Chain.read(lake).newest == 0


def test_a_committed_file_that_rotted_is_not_published_again(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))
    staging = stage_limits(lake, SEPTEMBER, 200, "second")

    def rot():
        lake.path(staging.files[0].path).write_bytes(b"rot")

    with pytest.raises(RefusedError, match="not as it was committed, so it is not published"):
        commit(lake, staging, at("appended", rot))

    assert published_cents(lake, SEPTEMBER) == [100] * 4


def test_a_kind_that_is_none_is_a_mistake_of_the_caller(lake):
    with pytest.raises(ValueError, match="none of facts, limits, hold"):
        commit(lake, stage_limits(lake, SEPTEMBER, 100, kind="guess"))
