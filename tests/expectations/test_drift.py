"""A clock that is off by hours and a code that means something else are found; noise is not."""

from datetime import date, datetime

import numpy
import pytest

from expectations.profiles import chi_square_95, profiles_of
from tests.expectations.shops import (
    AUGUST,
    SEPTEMBER,
    each_hour,
    events,
    expect,
    of_codes,
    report,
    said,
)
from tests.expectations.worlds import clocks

DAY = [0, 0, 0, 0, 0, 10, 20, 40, 60, 60, 60, 70, 80, 70, 60, 60, 60, 70, 80, 90, 90, 80, 60, 30]
HOURS, CHANNEL = expect("hours"), expect("values", column="channel")


def moved(counts, hours):
    return counts[-hours:] + counts[:-hours]


def hours_before(counts):
    return {AUGUST: {"days": {}, "hours": {"shop": counts}, "values": {}}}


def channels_before(**counts):
    return {AUGUST: {"days": {}, "hours": {}, "values": {"shop": {"channel": counts}}}}


class TestTwoClocksOfALine:
    def test_an_hour_between_them_looks_like_a_time_zone(self, tmp_path):
        found = report(
            tmp_path,
            each_hour(SEPTEMBER, DAY),
            clocks=clocks(lines=1_000, beyond=1_000, near=987, median_seconds=3_600),
        )

        assert said(found) == [
            "warning: 1 files with two clocks that do not agree; the worst a.jsonl at against "
            "booked: median 3,600 s apart in 98.7 % of 1,000 lines, looks like 1 h of time zone"
        ]

    def test_times_that_differ_without_a_pattern_look_like_no_zone(self, tmp_path):
        apart = clocks(lines=1_000, beyond=600, near=40, median_seconds=5_040)

        found = report(tmp_path, each_hour(SEPTEMBER, DAY), clocks=apart)

        assert said(found)[0].endswith("median 5,040 s apart in 4.0 % of 1,000 lines")

    @pytest.mark.parametrize(
        ("values", "because"),
        [
            ({"lines": 1_000, "beyond": 50}, "a twentieth is allowed"),
            ({"lines": 19, "beyond": 19}, "19 lines say nothing"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_few_lines_apart_are_no_fault(self, tmp_path, values, because):
        found = report(tmp_path, each_hour(SEPTEMBER, DAY), clocks=clocks(**values))

        assert said(found) == [], because


class TestHoursOfTheDay:
    @pytest.mark.parametrize(("hours", "words"), [(1, "1 h later"), (-8, "8 h earlier")])
    def test_a_profile_moved_by_hours_is_told_with_the_shift(self, tmp_path, hours, words):
        found = report(
            tmp_path, each_hour(SEPTEMBER, moved(DAY, hours)), HOURS, profiles=hours_before(DAY)
        )

        assert f"fit those before best when moved by {words} (PSI" in said(found)[0]

    def test_another_day_of_the_same_shape_is_no_shift(self, tmp_path):
        noisy = [int(n) for n in numpy.random.default_rng(3).poisson(DAY)]

        found = report(tmp_path, each_hour(SEPTEMBER, noisy), HOURS, profiles=hours_before(DAY))

        assert said(found) == []

    def test_a_small_sample_says_nothing(self, tmp_path):
        few = [n // 10 for n in moved(DAY, 1)]

        found = report(tmp_path, each_hour(SEPTEMBER, few), HOURS, profiles=hours_before(DAY))

        assert said(found) == []

    def test_a_source_that_knows_only_dates_has_no_profile(self, tmp_path):
        at_noon, at_one = [0] * 24, [0] * 24
        at_noon[12] = at_one[13] = 5_000

        found = report(
            tmp_path, each_hour(SEPTEMBER, at_one), HOURS, profiles=hours_before(at_noon)
        )

        assert said(found) == []

    def test_more_events_at_night_are_another_shape_and_no_shift(self, tmp_path):
        nightly = [n + 60 * (hour < 5) for hour, n in enumerate(DAY)]

        found = report(tmp_path, each_hour(SEPTEMBER, nightly), HOURS, profiles=hours_before(DAY))

        assert said(found) == []


class TestValuesOfAColumn:
    def test_a_code_that_rose_from_nothing_is_told_with_psi_and_code(self, tmp_path):
        found = report(
            tmp_path,
            of_codes(SEPTEMBER, app=700, web=200, shop=100),
            CHANNEL,
            profiles=channels_before(app=800, web=200),
        )

        # (.7-.8) ln(.7/.8) + 0 + (.1-.0001) ln(.1/.0001) = .0134 + .6901
        assert said(found) == [
            "warning: 1 columns whose values are spread otherwise than the month before; the worst "
            "shop 2026-09 channel: PSI 0.703, at most 0.100 between 1,000 events and 1,000, most "
            "by shop, from 0.0 % to 10.0 %"
        ]

    def test_the_limit_grows_where_the_sample_is_small(self, tmp_path):
        # Two bins of 200 and 200: chance makes 3.75 * (1/200 + 1/200) = 0.037, declared is 0.01.
        strict = expect("values", column="channel", psi_at_most_bps=100)

        by_chance = report(
            tmp_path,
            of_codes(SEPTEMBER, app=110, web=90),
            strict,
            profiles=channels_before(app=100, web=100),
        )
        beyond = report(
            tmp_path,
            of_codes(SEPTEMBER, app=120, web=80),
            strict,
            profiles=channels_before(app=100, web=100),
        )

        assert said(by_chance) == []
        assert "PSI 0.041, at most 0.037" in said(beyond)[0]

    def test_a_hundred_events_say_nothing(self, tmp_path):
        found = report(
            tmp_path, of_codes(SEPTEMBER, app=100), CHANNEL, profiles=channels_before(web=9_999)
        )

        assert said(found) == []

    def test_two_months_of_one_extraction_are_compared_with_each_other(self, tmp_path):
        both = events(
            (datetime(2026, month, 2, 12), 300, {"channel": name})
            for month, name in ((8, "app"), (9, "web"))
        )

        found = report(tmp_path, both, CHANNEL, months=[AUGUST, SEPTEMBER])

        assert "shop 2026-09 channel: PSI" in said(found)[0]

    def test_a_month_without_the_one_before_it_is_not_compared(self, tmp_path):
        july = {date(2026, 7, 1): channels_before(web=500)[AUGUST]}

        found = report(tmp_path, of_codes(SEPTEMBER, app=500), CHANNEL, profiles=july)

        assert said(found) == []

    def test_values_are_binned_and_amounts_go_by_one_two_five(self, tmp_path):
        noon = datetime(2026, 9, 2, 12)
        given = events(
            [
                *((noon, 1, {"amount_cents": cents}) for cents in (-7, 0, 1, 19, 20, 499, 500)),
                (noon, 1, {"event_type": "bureau_report", "value": 613, "amount_cents": None}),
            ]
        )
        scores = expect("values", column="value", event_type="bureau_report", bin_width=50)
        amounts = expect("values", column="amount_cents")

        found = report(tmp_path, given, scores, amounts)

        values = profiles_of(found.kept)[SEPTEMBER]["values"]["shop"]
        assert values["bureau_report value"] == {"600": 1}
        assert values["amount_cents"] == {
            **{"-1": 1, "0": 1, "1": 1, "10": 1, "20": 1},
            **{"200": 1, "500": 1, "none": 1},
        }

    def test_rare_codes_are_one_bin_and_so_are_those_they_are_compared_with(self, tmp_path):
        many = {f"c{number:02d}": 10 for number in range(70)}
        kept = profiles_of(
            report(tmp_path, of_codes(AUGUST, **many), CHANNEL, months=[AUGUST]).kept
        )

        same = report(tmp_path, of_codes(SEPTEMBER, **many), CHANNEL, profiles=kept)

        assert len(kept[AUGUST]["values"]["shop"]["channel"]) == 64
        assert kept[AUGUST]["values"]["shop"]["channel"]["*"] == 70
        assert said(same) == []


@pytest.mark.parametrize(
    ("degrees", "exact", "off"), [(1, 3.841, 0.03), (2, 5.991, 0.01), (9, 16.919, 0.003)]
)
def test_the_95_percent_point_of_chi_square_is_near_the_table(degrees, exact, off):
    assert chi_square_95(degrees) == pytest.approx(exact, rel=off)
