"""The files for real clusters fit what is installed, what the code reads, and each other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from warehouse.commands.airflow_process import KEPT_MEMORY
from warehouse.settings import Settings, tasks_sharing

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
CODE = "".join(path.read_text("utf-8") for path in (ROOT / "warehouse").glob("*.py"))


@pytest.fixture(scope="module")
def values() -> dict:
    return yaml.safe_load((DEPLOY / "values.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def environment(values) -> dict[str, str]:
    return {each["name"]: each["value"] for each in values["env"]}


def locked(package: str) -> str:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return re.search(rf"^{package}==([^ ]+)", lock, re.M)[1]


def test_airflow_is_of_the_version_that_is_locked(values):
    base = re.search(r"^FROM apache/airflow:slim-([0-9.]+)-", dockerfile(), re.M)[1]

    assert {values["airflowVersion"], base} == {locked("apache-airflow")}


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text("utf-8")


def test_every_setting_is_one_that_the_code_reads(environment):
    places = {f"LIMITWISE_{each.name.upper()}" for each in fields(Settings)}
    named = {name for name in environment if name.startswith("LIMITWISE_")}

    assert places <= named
    assert {name for name in named - places if f'"{name}"' not in CODE} == set()


def test_machines_have_the_memory_settings_of_ours(environment):
    assert KEPT_MEMORY.items() <= environment.items()


def test_every_worker_has_its_task(values, environment, monkeypatch):
    monkeypatch.setenv("LIMITWISE_TASKS", environment["LIMITWISE_TASKS"])

    assert tasks_sharing() == values["workers"]["celery"]["replicas"]


def test_the_connection_to_s3_is_the_one_that_a_secret_holds(values, environment):
    name = environment["LIMITWISE_S3_CONNECTION"]

    assert f"AIRFLOW_CONN_{name.upper()}" in {each["envName"] for each in values["secret"]}


def test_the_image_has_every_room_and_every_folder_that_is_named(values, environment):
    copied = set(re.findall(r"^COPY \S+ (\w+) \1$", dockerfile(), re.M))
    rooms = {"transforms", "expectations", "warehouse", "demo"}
    named = [environment["LIMITWISE_POLICIES"], environment["LIMITWISE_SOURCES"]]

    assert rooms <= copied
    for path in [*named, values["config"]["core"]["dags_folder"]]:
        assert path.removeprefix("/opt/limitwise/") in copied


def test_every_secret_that_is_named_is_made_in_the_page(values):
    page = (DEPLOY / "README.md").read_text("utf-8")
    names = set(re.findall(r"[sS]ecretName: ([a-z0-9-]+)", (DEPLOY / "values.yaml").read_text()))
    names |= {value for key, value in values.items() if key.endswith("SecretName")}

    assert names
    for name in names:
        assert f"create secret generic {name} " in page
