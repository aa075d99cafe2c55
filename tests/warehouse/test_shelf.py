import polars as pl
import pytest

from warehouse.intake.shelf import Shelf

SCHEMA = pl.Schema({"user_id": pl.String(), "cents": pl.Int64()})


def rows(*cents: int) -> pl.DataFrame:
    return pl.DataFrame([("ana", cent) for cent in cents], schema=SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("most_in_memory", "files"),
    [(100, 0), (3, 2), (0, 4)],
    ids=["all in memory", "some on the disk", "all on the disk"],
)
def test_rows_are_taken_up_by_key_in_the_order_in_which_they_were_laid_down(
    tmp_path, most_in_memory, files
):
    shelf = Shelf(tmp_path / "shelf", SCHEMA, most_in_memory)

    for key, part in (("may", rows(1, 2)), ("june", rows(3)), ("may", rows(4)), ("may", rows(5))):
        shelf.lay(key, part)

    assert shelf.take("may").collect()["cents"].to_list() == [1, 2, 4, 5]
    assert shelf.take("june").collect()["cents"].to_list() == [3]
    assert dict(shelf.rows) == {"may": 4, "june": 1}
    assert len(list(tmp_path.rglob("*.arrow"))) == files


def test_a_key_without_rows_is_an_empty_table(tmp_path):
    shelf = Shelf(tmp_path, SCHEMA, 10)

    taken = shelf.take("may").collect()

    assert taken.is_empty()
    assert taken.schema == SCHEMA
    assert not shelf.rows
