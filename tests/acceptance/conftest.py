"""Worlds that several acceptance tests look at; each is run once."""

from pathlib import Path

import pytest

from tests.acceptance.worlds import World


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="session")
def demo(tmp_path_factory, airflow_home) -> tuple[World, str]:
    """A small demo lender: six months of history, then three months in closed loop."""
    world = World(tmp_path_factory.mktemp("demo"), airflow_home)
    world.done("demo", "--users", "400", "--months", "6", "--until", "2026-06", "--seed", "7")
    world.done("init", "--buckets", "2")
    told = world.done("run", "2026-06", "--to", "2026-08", "--demo")
    return world, told
