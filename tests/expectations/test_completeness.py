"""A source delivers every day of a month, to its end, and every type; a quiet day is no fault."""

from datetime import date

import pytest

from expectations.profiles import profiles_of
from tests.expectations.shops import AUGUST, SEPTEMBER, each_day, expect, report, said

MONTH_END, EVERY_DAY = expect("month_end"), expect("every_day")
FULL = [100] * 30
# September 2026 begins on a Tuesday: five weekdays, then a weekend.
WEEKDAYS = [0 if day % 7 in (4, 5) else 100 for day in range(30)]
PEAK_AT_THE_END = [*[60] * 29, 1_500]


def profile(counts, month=AUGUST):
    return {month: {"days": {"shop": counts}, "hours": {}, "values": {}}}


def test_an_extract_that_ends_before_the_month_is_told_with_its_last_day(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, FULL[:27]), MONTH_END)

    assert said(found) == [
        "warning: 1 sources whose events end before the month does; the worst shop 2026-09, last "
        "events on 2026-09-27: 3 usual days without events, expected 0"
    ]


def test_severity_is_as_the_source_declares(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, FULL[:27]), expect("month_end", "critical"))

    assert [failure.expectation for failure in found.critical] == ["ends_early"]


def test_what_a_source_declares_off_is_not_looked_at(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, FULL[:27]), expect("month_end", "off"))

    assert said(found) == []


@pytest.mark.parametrize(("days", "alarms"), [(28, 0), (27, 1)])
def test_days_without_events_at_the_end_may_be_declared(tmp_path, days, alarms):
    lenient = expect("month_end", missing_days_at_most=2)

    found = report(tmp_path, each_day(SEPTEMBER, FULL[:days]), lenient)

    assert len(said(found)) == alarms


def test_an_extract_of_ten_days_is_found_against_the_month_before(tmp_path):
    found = report(
        tmp_path, each_day(SEPTEMBER, FULL[:10]), MONTH_END, profiles=profile([100] * 31)
    )

    assert "last events on 2026-09-10: 20 usual days without events" in said(found)[0]


def test_a_source_without_any_event_in_the_month_is_found(tmp_path):
    nothing = each_day(SEPTEMBER, [1]).clear()

    found = report(tmp_path, nothing, MONTH_END, profiles=profile([100] * 31))

    assert "shop 2026-09, no events at all: 30 usual days without events" in said(found)[0]


def test_a_month_that_ends_on_a_weekend_ends_in_time_for_a_bank_that_rests(tmp_path):
    august = [0 if day % 7 in (0, 1) else 100 for day in range(31)]  # begins on a Saturday
    may = [0 if day % 7 in (1, 2) else 100 for day in range(31)]  # 2026-05-31 is a Sunday
    before = profile(august, date(2026, 4, 1))

    found = report(
        tmp_path, each_day(date(2026, 5, 1), may), MONTH_END, EVERY_DAY, months=[date(2026, 5, 1)]
    )
    later = report(tmp_path, each_day(SEPTEMBER, WEEKDAYS), MONTH_END, EVERY_DAY, profiles=before)

    assert said(found) == said(later) == []


def test_a_source_that_delivers_one_day_a_month_has_no_usual_day(tmp_path):
    on_the_last = each_day(SEPTEMBER, [*[0] * 29, 5_000])
    on_the_first = each_day(SEPTEMBER, [5_000])

    for given in (on_the_last, on_the_first):
        assert said(report(tmp_path, given, MONTH_END, EVERY_DAY)) == []


def test_a_small_source_has_no_usual_day(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, [49] * 20), MONTH_END, EVERY_DAY)

    assert said(found) == []


def test_a_day_at_less_than_a_tenth_of_the_usual_is_told(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, [*FULL[:9], 9, *FULL[10:]]), EVERY_DAY)

    assert said(found) == [
        "warning: 1 days with hardly any events; the worst shop 2026-09-10: 9 events, expected 100"
    ]


def test_the_share_of_a_usual_day_may_be_declared(tmp_path):
    half = each_day(SEPTEMBER, [*FULL[:9], 45, *FULL[10:]])

    found = report(tmp_path, half, expect("every_day", day_at_least_bps=5_000))

    assert len(said(found)) == 1


def test_weekends_are_compared_with_weekends(tmp_path):
    assert said(report(tmp_path, each_day(SEPTEMBER, WEEKDAYS), EVERY_DAY)) == []


def test_sundays_lost_in_every_week_are_found_against_the_month_before(tmp_path):
    sundays = [0 if day % 7 == 5 else 100 for day in range(30)]

    found = report(tmp_path, each_day(SEPTEMBER, sundays), EVERY_DAY, profiles=profile([100] * 31))

    assert said(found)[0].startswith("warning: 4 days with hardly any events; the worst shop")


def test_a_holiday_week_at_two_fifths_is_no_missing_day(tmp_path):
    festival = [*[170] * 10, *[40] * 7, *[100] * 13]

    assert said(report(tmp_path, each_day(SEPTEMBER, festival), EVERY_DAY, MONTH_END)) == []


def test_a_last_day_without_its_usual_peak_is_found_where_three_months_had_one(tmp_path):
    earlier = {
        month: profile([*[60] * (days - 1), 1_500], month)[month]
        for month, days in ((date(2026, 6, 1), 30), (date(2026, 7, 1), 31), (AUGUST, 31))
    }
    cut = each_day(SEPTEMBER, [60] * 30)

    found = report(tmp_path, cut, EVERY_DAY, profiles=earlier)
    whole = report(tmp_path, each_day(SEPTEMBER, PEAK_AT_THE_END), EVERY_DAY, profiles=earlier)
    first = report(tmp_path, cut, EVERY_DAY, profiles=dict([*earlier.items()][1:]))

    assert "shop 2026-09-30: 60 events, expected 1,500" in said(found)[0]
    assert said(whole) == said(first) == []


def test_a_pay_day_with_as_little_as_any_other_day_is_found(tmp_path):
    paid = [*[60] * 14, 900, *[60] * 15]
    earlier = {
        month: profile(paid + [60] * (days - 30), month)[month]
        for month, days in ((date(2026, 6, 1), 30), (date(2026, 7, 1), 31), (AUGUST, 31))
    }

    found = report(tmp_path, each_day(SEPTEMBER, [60] * 30), EVERY_DAY, profiles=earlier)
    paid_late = report(
        tmp_path,
        each_day(SEPTEMBER, [*[60] * 14, 95, 865, *[60] * 14]),
        EVERY_DAY,
        profiles=earlier,
    )

    assert "shop 2026-09-15: 60 events, expected 900" in said(found)[0]
    assert said(paid_late) == []


def test_a_day_that_stood_out_by_chance_in_a_handful_of_events_is_no_pay_day(tmp_path):
    few = [*[1] * 14, 20, *[1] * 16]
    earlier = {
        month: profile(few[:days], month)[month]
        for month, days in ((date(2026, 6, 1), 30), (date(2026, 7, 1), 31), (AUGUST, 31))
    }

    for usual in (3, 60):  # still a handful, or grown since
        found = report(tmp_path, each_day(SEPTEMBER, [usual] * 30), EVERY_DAY, profiles=earlier)
        assert said(found) == []


def test_a_day_of_rest_owes_nothing_to_its_place_in_the_month(tmp_path):
    all_week = {
        month: profile([100] * days, month)[month]
        for month, days in ((date(2026, 6, 1), 30), (date(2026, 7, 1), 31))
    }
    august = [0 if day % 7 in (0, 1) else 100 for day in range(31)]

    found = report(
        tmp_path,
        each_day(SEPTEMBER, WEEKDAYS),
        EVERY_DAY,
        profiles={**all_week, **profile(august)},
    )

    assert said(found) == []


def test_a_month_without_events_of_a_declared_type_is_told(tmp_path):
    types = expect("event_types", "critical", event_types=("purchase", "statement"))

    found = report(tmp_path, each_day(SEPTEMBER, FULL), types)

    assert said(found) == [
        "critical: 1 months without a declared type of events; the worst shop 2026-09 statement: "
        "0 events, expected 1"
    ]


def test_both_severities_are_told_apart(tmp_path):
    types = expect("event_types", "critical", event_types=("statement",))

    found = report(tmp_path, each_day(SEPTEMBER, FULL[:27]), MONTH_END, types)

    assert [line.split(":")[0] for line in said(found)] == ["critical", "warning"]


def test_what_a_month_is_compared_with_later_is_kept_as_counts(tmp_path):
    found = report(tmp_path, each_day(SEPTEMBER, [2, 0, 1]), MONTH_END)

    (month, kept), *others = profiles_of(found.kept).items()
    assert (month, others) == (SEPTEMBER, [])
    assert kept["days"] == {"shop": [2, 0, 1, *[0] * 27]}
    assert kept["hours"] == {"shop": [*[0] * 12, 3, *[0] * 11]}
