"""Names are listed where their flag is true."""

import polars as pl

from transforms.name_lists import names_where

ROWS = pl.DataFrame({"late": [True, False, None], "new": [True, True, False]})
FLAGS = [pl.col("late"), pl.col("new")]


def test_each_row_lists_its_true_flags_in_their_order():
    assert names_where(ROWS, FLAGS, ["l", "n"]).to_list() == [["l", "n"], ["n"], []]


def test_without_flags_or_rows_the_lists_are_there_and_empty():
    assert names_where(ROWS, [], []).to_list() == [[], [], []]
    assert names_where(ROWS.clear(), FLAGS, ["l", "n"]).dtype == pl.List(pl.String)
