"""A kill at any moment leaves the old month or the new one, and the next who comes finishes it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.lakes import (
    OCTOBER,
    SEPTEMBER,
    commit,
    rows_of,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.tables.decided import LIMITS
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake
from warehouse.store.publish import STEPS, Outcome
from warehouse.store.repair import repair
from warehouse.store.staging import Staging
from warehouse.store.verify import verify

ROOT = Path(__file__).parents[2]
SWITCHING = ("copied", "switched")  # once for limits, once for warnings
OLD, NEW = 100, 200

# The moment, how often it comes until then, and whether the entry is in the chain by then.
MOMENTS = [
    ("checked", 1, False),
    ("linked", 1, False),
    ("mid_append", 1, False),
    ("appended", 1, True),
    ("mid_copy", 1, True),
    ("copied", 1, True),
    ("switched", 1, True),
    ("copied", 2, True),
    ("switched", 2, True),
    ("done", 1, True),
]


def kill(lake, staging, moment, times=1):
    """Let a child work on the staging until it is killed, and check that it was."""
    child = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.warehouse.killed",
            lake.root,
            staging.folder,
            moment,
            f"{times}",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    expected = signal.SIGXFSZ if moment.startswith("mid_") else signal.SIGKILL
    assert child.returncode == -expected, child.stderr


def published(lake, table, column, month="2026-09"):
    path = lake.path(f"{table}/month={month}/{table}.parquet")
    return set(pl.read_parquet(path, hive_partitioning=False)[column]) if path.exists() else None


def seen(lake, month="2026-09"):
    """Return the values that readers find in the published tables; one each if they are whole."""
    return [
        published(lake, "limits", "limit_cents", month),
        published(lake, "warnings", "value", month),
    ]


def test_every_step_of_publishing_is_tried():
    assert {moment for moment, _, _ in MOMENTS} - {"mid_append", "mid_copy"} == set(STEPS)


@pytest.mark.parametrize(("moment", "times", "committed"), MOMENTS)
def test_a_revision_killed_on_the_way_is_old_or_new_and_can_be_finished(
    tmp_path, moment, times, committed
):
    lake = tiny_lake(tmp_path / "lake")
    commit(lake, stage_limits(lake, SEPTEMBER, OLD))
    staging = stage_limits(lake, SEPTEMBER, NEW, "revised")

    kill(lake, staging, moment, times)

    assert all(values in ({OLD}, {NEW}) for values in seen(lake))
    assert Chain.read(lake).newest == 1 + committed
    shutil.copytree(lake.root, tmp_path / "copy")
    _repaired(lake, NEW if committed else OLD)
    _finished_by_the_next_attempt(open_lake(tmp_path / "copy"), staging.folder, committed)


def _repaired(lake, cents):
    repair(lake)

    assert seen(lake) == [{cents}, {cents}]
    assert verify(lake).findings == ()
    assert verify(lake).leftovers == ()


def _finished_by_the_next_attempt(lake, folder, committed):
    outcome = commit(lake, Staging.resume(lake, folder))

    assert outcome is (Outcome.ALREADY_PUBLISHED if committed else Outcome.PUBLISHED)
    assert seen(lake) == [{NEW}, {NEW}]
    assert verify(lake).findings == ()


@pytest.mark.parametrize("moment", ["linked", "appended", "switched"])
def test_a_new_month_killed_on_the_way_is_absent_or_whole_and_the_month_before_stands(
    tmp_path, moment
):
    lake = tiny_lake(tmp_path)
    commit(lake, stage_limits(lake, SEPTEMBER, OLD))
    staging = stage_limits(lake, OCTOBER, NEW)

    kill(lake, staging, moment)

    assert seen(lake) == [{OLD}, {OLD}]
    assert all(values in (None, {NEW}) for values in seen(lake, "2026-10"))
    again = stage_limits(lake, OCTOBER, NEW)
    finished = Outcome.PUBLISHED if moment == "linked" else Outcome.NOTHING_CHANGED
    assert commit(lake, again) is finished
    assert seen(lake, "2026-10") == [{NEW}, {NEW}]
    assert verify(lake).findings == ()


def test_facts_killed_after_their_entry_are_committed(tmp_path):
    lake = tiny_lake(tmp_path)
    staging = stage_events(lake, SEPTEMBER)

    kill(lake, staging, "appended")

    assert Chain.read(lake).head("facts", SEPTEMBER).folder == staging.folder
    assert verify(lake).findings == ()


def test_a_kill_while_staging_changes_nothing_for_anybody(tmp_path):
    lake = tiny_lake(tmp_path)
    commit(lake, stage_limits(lake, SEPTEMBER, OLD))
    staging = stage_limits(lake, OCTOBER, NEW)

    kill(lake, staging, "mid_stage")

    assert seen(lake) == [{OLD}, {OLD}]
    assert verify(lake).findings == ()
    assert verify(lake).abandoned == (staging.folder,)
    assert len(verify(lake).leftovers) == 1
    resumed = Staging.resume(lake, staging.folder)
    resumed.write(LIMITS, OCTOBER, rows_of(LIMITS, OCTOBER, f"user_id | limit_cents\nana | {NEW}"))
    resumed.seal()
    assert commit(lake, resumed) is Outcome.PUBLISHED
    assert seen(lake, "2026-10") == [{NEW}, {NEW}]
    assert repair(lake) != []
    assert (verify(lake).findings, verify(lake).leftovers) == ((), ())
