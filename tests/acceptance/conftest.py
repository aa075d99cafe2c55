"""Worlds that several acceptance tests look at; each is run once."""

import shutil
from pathlib import Path

import pytest

from tests.acceptance.worlds import World


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="session")
def demo(made_once, tmp_path_factory, airflow_home) -> tuple[World, str]:
    """A small demo lender: six months of history, then three months in closed loop."""

    def live(home: Path) -> None:
        world = World(home, airflow_home)
        world.done("demo", "--users", "400", "--months", "6", "--until", "2026-06", "--seed", "7")
        world.done("init", "--buckets", "2")
        (home / "told.txt").write_text(world.done("run", "2026-06", "--to", "2026-08", "--demo"))

    home = tmp_path_factory.mktemp("demo")
    shutil.copytree(made_once("demo", live), home, dirs_exist_ok=True)
    return World(home, airflow_home), (home / "told.txt").read_text()
