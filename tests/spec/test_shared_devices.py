"""Devices that more than one user was seen with."""

from datetime import date

from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.facts.shared_devices import shared_devices
from transforms.tables.facts import ACTIVITY, SHARED_DEVICES

SEPTEMBER = date(2026, 9, 1)


def test_a_device_is_shared_if_two_or_more_users_were_seen_with_it():
    activity = filled(
        ACTIVITY,
        """
        user_id | device_hashes
        --------+--------------
        ana     | 2, 7
        bo      | 2, 9
        chen    | 2, 7
        dai     | []
        """,
    )

    shared = shared_devices(activity, SEPTEMBER)

    then = filled(
        SHARED_DEVICES,
        """
        as_of      | device_hash | user_count
        -----------+-------------+-----------
        2026-09-30 |           2 |          3
        2026-09-30 |           7 |          2
        """,
    )
    assert_frame_equal(shared, then)


def test_users_without_devices_share_none():
    activity = filled(ACTIVITY, "user_id | device_hashes\nana | []\nbo | []")

    assert_frame_equal(shared_devices(activity, SEPTEMBER), SHARED_DEVICES.empty())
