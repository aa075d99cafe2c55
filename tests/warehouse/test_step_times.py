"""What a step took is kept with its run, and a slow one is told."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.warehouse.lakes import AUGUST, SEPTEMBER, commit, stage_events, tiny_lake
from transforms.errors import RefusedError
from transforms.months import months_after
from warehouse.monthly.progress import told
from warehouse.monthly.step_times import StepTime, keep, kept, slowness, steps_text, usual_seconds
from warehouse.store.audit import Chain
from warehouse.store.staging import Staging
from warehouse.store.verify import verify


@pytest.fixture
def lake(tmp_path):
    return tiny_lake(tmp_path)


def took(seconds: float, step: str = "facts", part: str = "") -> StepTime:
    return StepTime(step=step, part=part, rows=7, seconds=seconds, cpu_seconds=seconds, peak_mb=100)


def publish(lake, month: date, *times: StepTime) -> None:
    staging = stage_events(lake, month, int(f"{month:%y%m}"))
    for time in times:
        keep(staging, time)
    commit(lake, staging)


def test_what_steps_took_is_in_the_audit_entry_in_their_order(lake):
    publish(lake, AUGUST, took(2), took(1, "facts checked"))

    chain = Chain.read(lake)

    assert kept(lake, chain.entries) == {1: [took(2), took(1, "facts checked")]}
    assert verify(lake).ok


def test_a_step_that_was_run_again_is_kept_beside_the_first_time(lake):
    publish(lake, AUGUST, took(2), took(3))

    assert kept(lake, Chain.read(lake).entries) == {1: [took(2), took(3)]}


def test_tasks_that_end_at_one_moment_all_keep_how_they_went(lake):
    times = [took(number, part=f"{number:04d}") for number in range(16)]
    staging = stage_events(lake, AUGUST, 1)

    with ThreadPoolExecutor(len(times)) as tasks:
        list(tasks.map(lambda time: keep(Staging.resume(lake, staging.folder), time), times))
    commit(lake, staging)

    of_entry = kept(lake, Chain.read(lake).entries)[1]
    assert sorted(of_entry, key=lambda time: time.part) == times


def test_a_step_is_compared_with_itself_and_its_part_in_earlier_months(lake):
    publish(lake, AUGUST, took(2), took(9, part="0004"))
    publish(lake, SEPTEMBER, took(4), took(1, "facts checked"))

    usual = usual_seconds(lake, Chain.read(lake), "facts")

    assert usual == {("facts", ""): [2, 4], ("facts", "0004"): [9], ("facts checked", ""): [1]}


@pytest.mark.parametrize(
    ("seconds", "usual", "is_slow", "because"),
    [
        (41, [10, 20, 30], True, "more than twice the median of 20"),
        (40, [10, 20, 30], False, "just twice"),
        (41, [10, 20], False, "two months tell nothing"),
        (9, [1, 1, 1], False, "a few seconds are a hiccup of the machine"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_step_is_slow_if_it_took_more_than_twice_its_median(seconds, usual, is_slow, because):
    assert (slowness(took(seconds), usual) is not None) == is_slow, because


def test_a_slow_step_is_told_with_its_figures():
    assert slowness(took(50), [10, 20, 30]) == (
        "facts took 50 s, 2.5 times the median of the last 3 months"
    )


def test_a_step_tells_its_rows_seconds_and_memory_and_keeps_them(lake, caplog):
    staging = stage_events(lake, AUGUST)

    with caplog.at_level(logging.INFO, "limitwise"), told("2026-08", "facts", staging) as tell:
        tell.rows = 5

    commit(lake, staging)
    ((time,),) = kept(lake, Chain.read(lake).entries).values()
    assert (time.step, time.part, time.rows) == ("facts", "", 5)
    assert time.peak_mb > 10
    assert "5 rows" in caplog.text and f"{time.peak_mb:,} MB" in caplog.text


def test_the_table_of_a_month_names_steps_and_what_is_usual(lake):
    for number in range(3):
        publish(lake, months_after(AUGUST, number), took(10))
    publish(lake, months_after(AUGUST, 3), took(60), took(5, "facts checked", "0002"))

    lines = steps_text(lake, None).splitlines()

    assert lines[0] == "Month 2026-11"
    assert lines[3].split() == ["facts", "7", "60.0", "10.0", "60.0", "100", "slow"]
    assert lines[4].split() == ["facts", "checked", "2", "7", "5.0", "5.0", "5.0", "100"]


def test_a_month_that_the_lake_lacks_is_refused(lake):
    with pytest.raises(RefusedError, match="Month 2026-08: the lake does not have it"):
        steps_text(lake, AUGUST)
