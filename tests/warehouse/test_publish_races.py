"""Runs that publish at the same time: one of them wins, and the others find out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    at,
    commit,
    published_cents,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.months import months_after
from warehouse.store.audit import Chain
from warehouse.store.publish import Outcome
from warehouse.store.verify import verify


@pytest.fixture
def lake(tmp_path):
    return tiny_lake(tmp_path)


def test_of_two_runs_of_a_month_from_equal_inputs_the_slower_finds_it_published(lake):
    slower, faster = stage_limits(lake, SEPTEMBER, 100), stage_limits(lake, SEPTEMBER, 100)
    told = []

    def step(done):
        told.append(done)
        if done == "linked" and told.count("linked") == 1:
            assert commit(lake, faster) is Outcome.PUBLISHED

    assert commit(lake, slower, step) is Outcome.ALREADY_PUBLISHED
    assert told == ["checked", "linked", "lost", "done"]
    assert Chain.read(lake).newest == 1
    assert verify(lake).ok


def test_of_two_runs_of_a_month_from_other_inputs_the_slower_is_refused(lake):
    slower, faster = stage_limits(lake, SEPTEMBER, 100), stage_limits(lake, SEPTEMBER, 200, "other")

    with pytest.raises(RefusedError, match="another run published the month first"):
        commit(lake, slower, at("linked", lambda: commit(lake, faster)))

    assert published_cents(lake, SEPTEMBER) == [200] * 4
    assert verify(lake).ok


def test_a_run_that_loses_its_number_to_another_month_takes_the_next(lake):
    september = stage_events(lake, SEPTEMBER)
    august = stage_events(lake, AUGUST)

    outcome = commit(lake, september, at("linked", lambda: commit(lake, august)))

    assert outcome is Outcome.PUBLISHED
    assert [entry.months for entry in Chain.read(lake).entries] == [(AUGUST,), (SEPTEMBER,)]


def test_many_runs_at_once_make_one_chain_without_a_gap(lake):
    months = [months_after(SEPTEMBER, offset) for offset in range(8)]
    stagings = [stage_events(lake, month) for month in months]

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda staging: commit(lake, staging), stagings))

    entries = Chain.read(lake).entries
    assert set(outcomes) == {Outcome.PUBLISHED}
    assert sorted(entry.months[0] for entry in entries) == months
    assert verify(lake).ok


def test_of_many_runs_of_one_month_at_once_one_is_published_and_the_others_say_so(lake):
    stagings = [stage_limits(lake, SEPTEMBER, 100) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda staging: commit(lake, staging), stagings))

    assert sorted(outcomes) == [Outcome.ALREADY_PUBLISHED] * 5 + [Outcome.PUBLISHED]
    assert Chain.read(lake).newest == 1


@pytest.mark.parametrize("when", ["before it begins", "linked"])
def test_limits_computed_from_facts_revised_since_are_refused(lake, when):
    commit(lake, stage_events(lake, SEPTEMBER, 100))
    limits = stage_limits(lake, SEPTEMBER, 100, reads=[1])
    revised = stage_events(lake, SEPTEMBER, 999, "revised")
    if when == "before it begins":
        commit(lake, revised)
        step = at("never", None)
    else:
        step = at(when, lambda: commit(lake, revised))

    with pytest.raises(RefusedError, match="entry 1, which it was computed from, was superseded"):
        commit(lake, limits, step)

    assert not lake.path("limits").exists()
    assert Chain.read(lake).newest == 2


def test_facts_that_were_not_read_may_come_meanwhile(lake):
    commit(lake, stage_events(lake, SEPTEMBER))
    limits = stage_limits(lake, SEPTEMBER, 100, reads=[1])
    commit(lake, stage_events(lake, OCTOBER))

    assert commit(lake, limits) is Outcome.PUBLISHED


def test_of_two_revisions_switched_at_once_the_newer_stays(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100))
    second = stage_limits(lake, SEPTEMBER, 200, "second")

    def publish_third():
        commit(lake, stage_limits(lake, SEPTEMBER, 300, "third"))

    commit(lake, second, at("copied", publish_third))

    assert published_cents(lake, SEPTEMBER) == [300] * 4
    assert verify(lake).ok
