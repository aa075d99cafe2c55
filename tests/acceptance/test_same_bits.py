"""A month has one set of bytes, however many tasks and threads share it, by any engine."""

import shutil

import pyarrow.parquet as pq
import pytest

from tests.acceptance.worlds import World
from warehouse.monthly.step_times import kept
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake

MONTH = "2026-06"
SHARED = {
    "two tasks": {"LIMITWISE_TASKS": "2"},
    "eight tasks, one thread, all in memory": {
        "LIMITWISE_TASKS": "8",
        "POLARS_MAX_THREADS": "1",
        "POLARS_ENGINE_AFFINITY": "in-memory",
    },
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, airflow_home) -> World:
    """A month of enough users to fill several row groups, by one task."""
    world = World(tmp_path_factory.mktemp("alone"), airflow_home)
    world.done("demo", "--users", "17000", "--months", "1", "--until", MONTH, "--seed", "3")
    world.done("init", "--buckets", "8")
    world.done("run", MONTH)
    return world


def bytes_of(world: World) -> dict[tuple, str]:
    """Return the SHA-256 of every file of every table."""
    entries = Chain.read(open_lake(world.lake)).entries
    files = [file for entry in entries for file in entry.files]
    return {(file.table, file.month, file.bucket): file.sha256 for file in files}


def test_the_month_is_large_enough_to_have_several_row_groups(alone):
    entry = Chain.read(open_lake(alone.lake)).entries[0]
    events = [file for file in entry.files if file.table == "events" and file.rows]
    limits = alone.lake / f"limits/month={MONTH}/limits.parquet"

    assert pq.ParquetFile(limits).num_row_groups > 1
    assert all(pq.ParquetFile(alone.lake / file.path).num_row_groups > 1 for file in events)


@pytest.mark.parametrize("how", SHARED)
def test_the_bytes_are_the_same_by(how, alone, tmp_path):
    world = World(tmp_path, alone.airflow_home)
    for path in sorted((alone.home / "landing").rglob("*.*"), reverse=True):
        copy = world.home / path.relative_to(alone.home)  # delivered in another order
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    world.lake.mkdir()
    shutil.copyfile(alone.lake / "lake.json", world.lake / "lake.json")  # it holds a key

    world.done("run", MONTH, more=SHARED[how])

    assert bytes_of(world) == bytes_of(alone)
    lake = open_lake(world.lake)
    times = kept(lake, Chain.read(lake).entries).values()
    parts = {time.part for of_entry in times for time in of_entry}
    assert len(parts - {""}) == int(SHARED[how]["LIMITWISE_TASKS"])
