"""Law: the clock told by periods is the clock told moment by moment."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.local_time import local_seconds

START = datetime(1993, 1, 1, tzinfo=UTC)
MOMENTS = st.lists(
    st.integers(0, 50 * 366 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds)),
    max_size=20,
)
CLOCK_BACK_IN_NEW_YORK = [datetime(2026, 11, 1, hour, 59, 59, tzinfo=UTC) for hour in (5, 6, 7)]


@pytest.mark.parametrize(
    "zone",
    [
        "Asia/Shanghai",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Havana",
    ],
)
@settings(max_examples=40, deadline=None)
@given(MOMENTS)
@example([])
@example(CLOCK_BACK_IN_NEW_YORK)
def test_local_seconds_are_what_the_zone_shows(zone, moments):
    given_moments = pl.Series(moments, dtype=pl.Datetime("us", "UTC"))

    shown = given_moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)

    assert local_seconds(given_moments, zone).tolist() == shown.dt.epoch("s").to_list()
