"""Airflow itself at work: scheduler, assets, backfill, and an end without orphans."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.airflow_api import AirflowApi
from tests.acceptance.worlds import World
from tests.cluster.machines import free_port

LOOK_SECONDS = 1  # between two looks at what is waited for, unless Airflow ends sooner
MOST_LOOKS = 1_800


class Airflow:
    """Airflow as `limitwise up` runs it, on a port of its own."""

    def __init__(self, world: World):
        port = free_port()
        self.world = world
        self.web = AirflowApi(port)
        self.environment = world.environment | {
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.web.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[2] / "dags"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "warehouse.commands.command_line", "up"],
            cwd=world.home,
            env=self.environment,
            stdout=(world.home / "airflow.log").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ask(self, *arguments: str) -> subprocess.CompletedProcess:
        """Ask by Airflow's command line, as an operator does."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            cwd=self.world.home,
            env=self.environment | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL"},
            capture_output=True,
            text=True,
            check=False,
        )

    def until(self, done) -> None:
        """Look again and again until `done` is true."""
        for _ in range(MOST_LOOKS):
            if done():
                return
            try:
                self.process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError((self.world.home / "airflow.log").read_text())

    def successes(self, dag: str) -> int:
        """Count the runs of a DAG that succeeded; none may fail."""
        states = list(self.web.states(dag).values())
        assert "failed" not in states, (self.world.home / "airflow.log").read_text()
        return states.count("success")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture
def airflow(tmp_path):
    """A lender whose history was written before we published: it follows nothing (shadow mode)."""
    sources = tmp_path / "sources"
    sources.mkdir()
    demo = (World.sources / "demo.toml").read_text()
    (sources / "demo.toml").write_text(demo.replace('mode = "live"', 'mode = "shadow"'))
    world = World(tmp_path, tmp_path / "airflow", sources=sources)
    world.done("demo", "--users", "60", "--months", "4", "--until", "2026-04", "--seed", "3")
    world.done("init", "--buckets", "1")
    running = Airflow(world)
    yield running
    if running.process.poll() is None:
        running.stop()


def children_of(group: int) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if os.getsid(int(entry.name)) == group:
                    found.append(entry.name)
            except ProcessLookupError:
                continue
    return found


def test_a_backfill_of_extractions_leads_to_the_refreshes_in_order(airflow):
    airflow.until(airflow.web.is_up)
    airflow.until(lambda: "refresh_limits" in airflow.web.dag_ids())
    released_too_early = ("dags", "trigger", "refresh_limits", "-c", '{"month": "2026-03"}')
    assert airflow.ask(*released_too_early).returncode == 0

    backfill = airflow.ask(
        *("backfill", "create", "--dag-id", "extract_behaviour_logs"),
        *("--from-date", "2026-03-01", "--to-date", "2026-04-30", "--max-active-runs", "1"),
    )
    assert backfill.returncode == 0, backfill.stderr
    airflow.until(lambda: list(airflow.web.states("refresh_limits").values()).count("success") >= 3)

    lake = airflow.world.lake
    entries = [json.loads(path.read_text()) for path in sorted((lake / "audit").iterdir())]
    decided = [entry["months"] for entry in entries if entry["kind"] == "limits"]
    assert decided == [["2026-03"], ["2026-04"]]
    for month in ("2026-03", "2026-04"):
        assert pl.read_parquet(lake / f"limits/month={month}/limits.parquet").height > 40
    session = airflow.process.pid
    assert airflow.stop() == 0
    assert children_of(session) == []
