"""Events are counted by user in matrices, to the cent."""

import numpy as np
import polars as pl

from transforms.facts.user_counts import Users

USERS = Users.of(pl.Series(["ana", "ana", "ana", "bo", "chen"]))
ALL = np.arange(5)


def test_a_user_has_one_row_in_the_order_of_events():
    assert USERS.names.to_list() == ["ana", "bo", "chen"]
    assert USERS.counts(ALL, np.array([0, 1, 1, 0, 1]), 2).tolist() == [[1, 2], [1, 0], [0, 1]]
    assert USERS.count(np.array([0, 1, 4])).tolist() == [2, 0, 1]


def test_sums_are_exact_where_a_float_is_not():
    amounts = np.array([2**60 + 1, 2**53 + 1, -1, 2**62, -(2**40) - 3])

    sums = USERS.sums(ALL, amounts, 0, 1)[:, 0]

    assert sums.tolist() == [2**60 + 2**53 + 1, 2**62, -(2**40) - 3]


def test_the_largest_is_unknown_without_an_amount():
    assert USERS.largest(np.array([0, 2, 4]), np.array([-5, -7, 0])).to_list() == [-5, None, 0]


def test_the_last_value_is_the_last_in_the_order_given():
    which, values = np.array([0, 1, 2, 4]), np.array([10, 20, 30, 40])

    found = USERS.last(which, values, np.array([1, 2, 2, 1]), -values)

    assert found.to_list() == [20, None, 40]


def test_different_codes_are_counted_once():
    assert USERS.different(ALL, np.array([7, 7, 2**32 - 1, 7, 0])).tolist() == [2, 1, 1]


def test_a_mask_has_a_bit_per_mark():
    assert USERS.marks(np.array([0, 1, 4]), np.array([0, 31, 3])).tolist() == [2**31 + 1, 0, 8]
