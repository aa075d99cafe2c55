"""What the DAGs promise to an operator, read from the DAGs themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture(scope="module")
def dags(tmp_path_factory):
    """The DAGs as Airflow parses them, in a home of their own."""
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
    sys.path.append(str(DAGS))  # as Airflow's own processes do
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag.dags


def test_there_are_the_jobs_of_the_design(dags):
    assert set(dags) == {
        "extract_behaviour_logs",
        "refresh_limits",
        "train_score",
        "promote_score",
    }


@pytest.mark.parametrize("name", ["extract_behaviour_logs", "refresh_limits"])
def test_the_page_of_a_dag_tells_what_to_do_when_it_fails(dags, name):
    told = dags[name].doc_md

    for task_id in ("features" if name == "refresh_limits" else "events", "publish"):
        assert f"`{task_id}`" in told
    assert "fails" in told


@pytest.mark.parametrize("name", ["extract_behaviour_logs", "refresh_limits"])
def test_a_malformed_month_is_refused_by_the_form(dags, name):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        dags[name].params["month"] = "2026-13"


@pytest.mark.parametrize("months", ["2025-13", "2025-03:", "last year"])
def test_months_to_train_on_are_refused_by_the_form_if_malformed(dags, months):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        dags["train_score"].params["train"] = months


def test_nothing_is_promoted_before_a_person_approves_a_checked_card(dags):
    promote = dags["promote_score"].get_task("promote")

    assert promote.upstream_task_ids == {"approve"}
    assert dags["promote_score"].get_task("approve").upstream_task_ids == {"card"}


@pytest.mark.parametrize("name", ["extract_behaviour_logs", "refresh_limits"])
def test_validation_stands_before_publishing(dags, name):
    publish = dags[name].get_task("publish")

    upstream = publish.get_flat_relative_ids(upstream=True)

    assert {task for task in upstream if task.startswith("validate_")}


def test_extraction_is_monthly_by_partition_and_refresh_waits_for_it(dags):
    extract, refresh = dags["extract_behaviour_logs"], dags["refresh_limits"]

    assert type(extract.timetable).__name__ == "CronPartitionTimetable"
    assert type(refresh.timetable).__name__ == "PartitionedAssetTimetable"
    assert [outlet.name for outlet in extract.get_task("publish").outlets] == ["limitwise_facts"]


def test_tasks_are_tried_again_but_a_wrong_month_is_not(dags):
    assert dags["extract_behaviour_logs"].get_task("month").retries == 0
    assert dags["extract_behaviour_logs"].get_task("events").retries == 2
    assert dags["refresh_limits"].get_task("month").retries >= 10


def test_a_dag_file_parses_without_loading_the_rooms():
    code = (
        "import sys, runpy; sys.path.insert(0, sys.argv[1]);"
        "runpy.run_path(sys.argv[1] + '/refresh_limits.py');"
        "print(sorted(m for m in ('polars', 'great_expectations', 'duckdb') if m in sys.modules))"
    )

    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(DAGS)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL"},
    )

    assert ended.stdout.splitlines()[-1] == "[]"
