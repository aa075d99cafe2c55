"""Airflow itself at work: scheduler, assets, backfill, and an end without orphans."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.worlds import World

MOST_LOOKS = 80  # each takes as long as an Airflow command, a few seconds


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Airflow:
    """Airflow as `limitwise up` runs it, on a port of its own."""

    def __init__(self, world: World):
        port = str(free_port())
        self.world = world
        self.environment = world.environment | {
            "AIRFLOW__API__PORT": port,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[2] / "dags"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "warehouse.command_line", "up"],
            cwd=world.home,
            env=self.environment,
            stdout=(world.home / "airflow.log").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ask(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            cwd=self.world.home,
            env=self.environment | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL"},
            capture_output=True,
            text=True,
            check=False,
        )

    def until(self, done, *arguments: str) -> str:
        """Ask again and again until the answer is as wanted."""
        for _ in range(MOST_LOOKS):
            answer = self.ask(*arguments)
            if answer.returncode == 0 and done(answer.stdout):
                return answer.stdout
            assert self.process.poll() is None, (self.world.home / "airflow.log").read_text()
        raise AssertionError(f"airflow {' '.join(arguments)} never answered as wanted: {answer}")

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


def runs_of(answer: str) -> dict[str, str]:
    rows = json.loads(answer[answer.index("[") :])
    return {row["run_id"]: row["state"] for row in rows}


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
    airflow.until(lambda text: "refresh_limits" in text, "dags", "list", "-o", "plain")
    released_too_early = ("dags", "trigger", "refresh_limits", "-c", '{"month": "2026-04"}')
    assert airflow.ask(*released_too_early).returncode == 0

    backfill = airflow.ask(
        *("backfill", "create", "--dag-id", "extract_behaviour_logs"),
        *("--from-date", "2026-03-01", "--to-date", "2026-04-30", "--max-active-runs", "1"),
    )
    assert backfill.returncode == 0, backfill.stderr
    airflow.until(
        lambda text: list(runs_of(text).values()).count("success") >= 3,
        *("dags", "list-runs", "refresh_limits", "-o", "json"),
    )

    lake = airflow.world.lake
    entries = [json.loads(path.read_text()) for path in sorted((lake / "audit").iterdir())]
    decided = [entry["months"] for entry in entries if entry["kind"] == "limits"]
    assert decided == [["2026-03"], ["2026-04"]]
    for month in ("2026-03", "2026-04"):
        assert pl.read_parquet(lake / f"limits/month={month}/limits.parquet").height > 40
    session = airflow.process.pid
    assert airflow.stop() == 0
    assert children_of(session) == []
