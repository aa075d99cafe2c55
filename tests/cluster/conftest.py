"""One month of a small lender, by one process and by a cluster that is disturbed on the way."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.acceptance.worlds import World
from tests.cluster.cluster import EXTRACT, REFRESH, Cluster, missing

MONTH = "2026-06"


@dataclass
class Month:
    """A month that was refreshed twice.

    Attributes:
        alone: The lender whose month one process refreshed.
        cluster: The cluster that shared it.
        disturbed: What was done to it, in order.
    """

    alone: World
    cluster: Cluster
    disturbed: list[str] = field(default_factory=list)

    def disturb(self, table: str, what: str, act: Callable[[int], None]) -> None:
        """Act once, as the first file of a table is sent by a worker, whose number `act` is told.

        A task sends its files before it ends, so it is in the middle of its work.
        """
        first = threading.Lock()

        def hook(number: int) -> None:
            if first.acquire(blocking=False):
                act(number)
                self.disturbed.append(what)

        for number, door in enumerate(self.cluster.doors):
            door.on(rf"PUT .*/{table}/{MONTH}/", lambda _, number=number: hook(number))


@pytest.fixture(scope="module")  # its servers would take their share of all tests that follow
def month(tmp_path_factory) -> Iterator[Month]:
    if lacks := missing():
        pytest.skip(lacks)
    home = tmp_path_factory.mktemp("cluster")
    alone, cluster = _lender(home / "alone"), Cluster(home / "cluster")
    try:
        with ThreadPoolExecutor() as side_by_side:
            started = side_by_side.submit(cluster.start)
            alone.done("run", MONTH)
            started.result()
        yield _run(Month(alone, cluster))
    finally:
        cluster.stop()


def _lender(home: Path) -> World:
    home.mkdir()
    lender = World(home, home / "airflow")
    lender.done("demo", "--users", "400", "--months", "2", "--until", MONTH, "--seed", "7")
    lender.done("init", "--buckets", "4")
    return lender


def _run(month: Month) -> Month:
    """Run the month, and kill one part of the cluster after the other on the way."""
    cluster = month.cluster
    cluster.take_over(month.alone)
    month.disturb("activity", "worker killed", lambda number: cluster.workers[number].kill())
    month.disturb(
        "segment_norms", "worker back", lambda number: cluster.workers[1 - number].start()
    )
    month.disturb("features", "broker restarted", lambda _: cluster.redis.restart())
    month.disturb("decisions", "scheduler restarted", lambda _: cluster.scheduler.restart())
    cluster.extract(MONTH)
    for dag in (EXTRACT, REFRESH):
        cluster.ended(dag)
    return month
