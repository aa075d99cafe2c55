"""A month of a source is as large as those before it, unless its source declares otherwise."""

from datetime import date, datetime

import pytest

from expectations.profiles import profiles_of
from tests.expectations.shops import SEPTEMBER, events, expect, report, said

NOON = datetime(2026, 9, 2, 12)
BEFORE = [date(2026, month, 1) for month in (6, 7, 8)]


def volume(severity="critical", **declared):
    return expect("volume", severity, **declared)


def month(**types):
    """Return so many events of each type in September."""
    return events((NOON, count, {"event_type": kind}) for kind, count in types.items())


def before(source="shop", **types):
    """Return three earlier months of a source, with so many events of each type in each."""
    return {"profiles": {m: {"types": {source: types}, **_NOTHING_ELSE} for m in BEFORE}}


_NOTHING_ELSE = {"days": {}, "hours": {}, "values": {}}
LOST = "months and types with hardly any of their usual events; the worst shop 2026-09"


def test_less_than_a_tenth_of_the_usual_month_stops_the_run_unless_declared(tmp_path):
    found = report(tmp_path, month(login=29), volume(), **before(login=300))

    assert said(found) == [f"critical: 2 {LOST} events: 29 events, expected 300"]


def test_a_run_off_is_declared_with_a_severity(tmp_path):
    found = report(tmp_path, month(login=29), volume("warning"), **before(login=300))

    assert said(found) == [f"warning: 2 {LOST} events: 29 events, expected 300"]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({}, ["critical: 2 months and types with hardly any"]),
        ({"month_at_least_bps": 900}, ["warning: 2 months and types with fewer events"]),
        ({"month_at_least_bps": 900, "warning_below_bps": 900}, []),
        ({"least_events": 301}, []),
    ],
)
def test_every_threshold_may_be_declared(tmp_path, declared, told):
    found = report(tmp_path, month(login=29), volume(**declared), **before(login=300))

    assert [one[: len(words)] for one, words in zip(said(found), told, strict=True)] == told


def test_what_is_declared_off_is_not_looked_at(tmp_path):
    found = report(tmp_path, month(login=29), volume("off"), **before(login=300))

    assert said(found) == []


def test_a_type_declared_by_itself_counts_for_itself_and_the_others_go_on(tmp_path):
    run_off = volume("off", event_type="drawdown")
    was = before(drawdown=900, login=300, purchase=300)

    found = report(tmp_path, month(login=300, purchase=20), volume(), run_off, **was)

    assert said(found) == [
        f"critical: 1 {LOST} purchase: 20 events, expected 300",
    ]


def test_a_source_that_falls_silent_is_found_beside_a_larger_one(tmp_path):
    small = {"web": [volume()], "shop": [volume()]}
    was = before("web", login=300)

    found = report(tmp_path, month(purchase=9_000), **was, expected=small)

    assert said(found) == [
        "critical: 2 months and types with hardly any of their usual events; the worst "
        "web 2026-09 events: 0 events, expected 300"
    ]


def test_the_usual_month_is_the_median_of_the_months_before(tmp_path):
    counts = zip(BEFORE, (400, 900, 600), strict=True)
    was = {m: {"types": {"shop": {"login": count}}, **_NOTHING_ELSE} for m, count in counts}

    found = report(tmp_path, month(login=59), volume(), profiles=was)

    assert said(found) == [f"critical: 2 {LOST} events: 59 events, expected 600"]


def test_fewer_than_three_months_before_are_no_usual_month(tmp_path):
    two = {"profiles": dict(list(before(login=300)["profiles"].items())[1:])}

    found = report(tmp_path, month(login=1), volume(), **two)

    assert said(found) == []
    assert found.not_evaluated.keys() == {"volume_lost", "volume_low"}


def test_the_counts_of_a_month_are_kept_for_the_months_after_it(tmp_path):
    kept = profiles_of(report(tmp_path, month(login=3, purchase=2), volume()).kept)

    assert kept[SEPTEMBER]["types"] == {"shop": {"login": 3, "purchase": 2}}
