"""A month shared by two workers, each as on a machine of its own, and what may befall them."""

import re

from tests.cluster.cluster import EXTRACT, REFRESH, TASKS
from tests.cluster.conftest import MONTH
from warehouse.monthly.step_times import kept
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake


def bytes_of(place) -> dict[tuple, str]:
    """Return the SHA-256 of every file of every table, as the audit entries have it."""
    files = [file for entry in Chain.read(open_lake(place)).entries for file in entry.files]
    return {(file.table, file.month, file.bucket): file.sha256 for file in files}


def tries_of(month, dag: str, task: str) -> list[list[str]]:
    """Return for each part that a task was mapped to the states of its tries."""
    found: dict[int, list[str]] = {}
    for each in sorted(month.cluster.tries(dag), key=lambda each: each["try_number"]):
        if each["task_id"] == task:
            found.setdefault(each["map_index"], []).append(each["state"])
    return list(found.values())


def test_the_files_have_the_bytes_of_one_process(month):
    lake = month.cluster.lake()

    assert bytes_of(lake) == bytes_of(month.alone.lake)
    for table in ("limits", "warnings"):
        name = f"{table}/month={MONTH}/{table}.parquet"
        assert lake.read(name) == (month.alone.lake / name).read_bytes()


def test_four_tasks_on_two_machines_shared_the_month(month):
    lake = open_lake(month.cluster.lake())
    times = [each for of in kept(lake, Chain.read(lake).entries).values() for each in of]

    for step in ("facts", "features", "decisions"):
        assert len({time.part for time in times if time.step == step}) == TASKS
    for door in month.cluster.doors:
        assert any(f"/activity/{MONTH}/" in path for method, path in door.seen if method == "PUT")


def test_what_a_killed_worker_had_begun_is_done_by_the_other(month):
    tries = tries_of(month, EXTRACT, "facts")

    assert month.disturbed[:2] == ["worker killed", "worker back"]
    assert sorted(map(len, tries)) == [1] * (TASKS - 1) + [2]
    assert {states[-1] for states in tries} == {"success"}


def test_what_waited_in_a_lost_broker_is_done(month):
    asked = "/eventLogs?event=stuck%20in%20queued%20reschedule&dag_id=refresh_limits"
    queued_again = {event["task_id"] for event in month.cluster.ask("GET", asked)["event_logs"]}

    assert month.disturbed[2] == "broker restarted"
    assert "features" in queued_again
    assert tries_of(month, REFRESH, "features") == [["success"]] * TASKS


def test_a_new_scheduler_goes_on_where_the_other_was_killed(month):
    jobs = month.cluster.ask("GET", "/jobs?job_type=SchedulerJob")["jobs"]

    assert month.disturbed[3] == "scheduler restarted"
    assert len(jobs) == 2
    assert tries_of(month, REFRESH, "decisions") == [["success"]] * TASKS


def test_the_chain_is_as_if_nothing_had_happened(month):
    told = month.alone.done("verify", more=month.cluster.looking())

    assert told.startswith("Verified: 2 entries")
    assert month.alone.done("repair", more=month.cluster.looking()) == "Nothing to repair.\n"


def test_no_user_travels_between_tasks(month):
    sent = []
    for dag in (EXTRACT, REFRESH):
        run = f"/dags/{dag}/dagRuns/{month.cluster.ended(dag)}/taskInstances"
        for entry in month.cluster.ask("GET", f"{run}/~/xcomEntries?limit=100")["xcom_entries"]:
            one = f"{run}/{entry['task_id']}/xcomEntries/{entry['key']}"
            asked = f"{one}?map_index={entry['map_index']}&stringify=true"
            sent.append(str(month.cluster.ask("GET", asked)["value"]))

    assert len(sent) > 2 * TASKS
    assert [text for text in sent if re.search(r"u\d{7}", text) or len(text) > 1_000] == []
