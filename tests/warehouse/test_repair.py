"""Repair: finishes what was begun, and destroys no evidence."""

from datetime import date

import pytest

from tests.warehouse.lakes import (
    OCTOBER,
    SEPTEMBER,
    commit,
    published_cents,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from warehouse.store.audit import Chain
from warehouse.store.repair import abandoned, repair
from warehouse.store.staging import Staging
from warehouse.store.storage import draft_of
from warehouse.store.verify import verify

PUBLISHED = "limits/month=2026-09/limits.parquet"


@pytest.fixture
def lake(tmp_path):
    lake = tiny_lake(tmp_path)
    commit(lake, stage_limits(lake, SEPTEMBER, 100))
    return lake


def test_a_lake_in_order_is_left_as_it_is(lake):
    before = lake.path(PUBLISHED).stat()

    assert repair(lake) == []

    assert lake.path(PUBLISHED).stat() == before


def test_a_published_object_that_is_missing_comes_back(lake):
    lake.path(PUBLISHED).unlink()

    assert repair(lake) == [f"{PUBLISHED}: published now"]

    assert published_cents(lake, SEPTEMBER) == [100] * 4
    assert verify(lake).ok


def test_an_earlier_revision_gives_way_to_the_head(lake):
    earlier = lake.path(PUBLISHED).read_bytes()
    commit(lake, stage_limits(lake, SEPTEMBER, 200, "revised"))
    lake.path(PUBLISHED).write_bytes(earlier)

    assert repair(lake) == [f"{PUBLISHED}: published now"]

    assert published_cents(lake, SEPTEMBER) == [200] * 4


def test_content_that_no_run_wrote_is_kept_as_evidence_until_it_is_moved_away(lake):
    lake.path(PUBLISHED).write_bytes(b"tampered")

    told = repair(lake)

    assert told == [
        f"{PUBLISHED}: no run wrote this content; left as it is. Move it away and run "
        "`limitwise repair` again."
    ]
    assert lake.path(PUBLISHED).read_bytes() == b"tampered"

    lake.path(PUBLISHED).unlink()
    repair(lake)
    assert verify(lake).ok


def test_half_written_files_are_removed(lake):
    draft = draft_of(lake.root)
    draft.write_bytes(b"half")

    told = repair(lake)

    assert told == [f".drafts/{draft.name}: half-written by a killed run, removed"]
    assert not draft.exists()


def test_abandoned_staging_is_named_and_deleted_only_when_asked(lake):
    folder = stage_limits(lake, OCTOBER, 200).folder

    assert repair(lake) == [f"{folder}: abandoned staging, kept"]
    assert repair(lake, delete_abandoned=True) == [f"{folder}: abandoned staging, deleted"]

    assert not lake.path(folder).exists()
    assert repair(lake) == []


def test_a_month_that_waits_for_an_approval_is_never_deleted(lake):
    waiting = stage_limits(lake, OCTOBER, 200, needs_approval=["12 % of lines rose"])

    told = repair(lake, delete_abandoned=True)

    assert told == [f"{waiting.folder}: waits for an approval, kept"]
    commit(lake, waiting, approvals=({"by": "chen"},))
    assert published_cents(lake, OCTOBER) == [200] * 4


def test_a_staging_cut_off_before_it_said_what_it_is_is_abandoned(lake):
    staging = Staging.begin(lake, date(2026, 9, 1), "0123456789abcdef")

    assert repair(lake) == [f"{staging.folder}: abandoned staging, kept"]


def test_a_month_that_no_approval_can_publish_any_more_is_abandoned(lake):
    commit(lake, stage_events(lake, OCTOBER))
    waiting = stage_limits(lake, OCTOBER, 200, needs_approval=["too many"], reads=[2])
    commit(lake, stage_events(lake, OCTOBER, 999, "revised"))

    assert repair(lake) == [f"{waiting.folder}: abandoned staging, kept"]


def test_a_folder_whose_files_a_later_entry_adopted_is_not_abandoned(lake):
    first = stage_events(lake, SEPTEMBER)
    second = stage_events(lake, OCTOBER)
    second.adopt(first.files)
    second.seal({"months": ["2026-09", "2026-10"]})
    commit(lake, second)

    assert abandoned(lake, Chain.read(lake)) == []


def test_a_committed_file_that_rotted_is_not_published_by_repair(lake):
    record = Chain.read(lake).files("limits", SEPTEMBER)[0]
    lake.path(record.path).write_bytes(b"rot")
    lake.path(PUBLISHED).unlink()

    with pytest.raises(RefusedError, match="not as it was committed.*Run `limitwise verify`"):
        repair(lake)


def test_a_broken_chain_is_not_for_repair_to_mend(lake):
    lake.path("audit/00000001.json").write_bytes(b"")

    with pytest.raises(RefusedError, match="00000001.json: is not as it was written"):
        repair(lake)

    assert lake.path("audit/00000001.json").exists()
