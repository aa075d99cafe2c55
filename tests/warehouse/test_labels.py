"""Files of labels: what is counted, and what is refused with its line."""

import pytest

from transforms.errors import RefusedError
from warehouse.scores.labels import read_labels


@pytest.fixture
def labels(tmp_path):
    def read(*lines: str, header: str = "user_id,month,bad"):
        path = tmp_path / "labels.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return read_labels(path)

    return read


def test_columns_may_stand_in_any_order_beside_others(labels):
    read = labels("0,x,ana,2005-09", header="bad,note,user_id,month")

    assert read.rows.rows() == [("ana", "2005-09", 0)]


def test_a_row_said_again_counts_once_and_an_unknown_outcome_never(labels):
    read = labels("ana,2005-09,1", "ana,2005-09,1", "bo,2005-09,", "", "ana,2005-08,0")

    assert read.rows.rows() == [("ana", "2005-09", 1), ("ana", "2005-08", 0)]
    assert (read.lines, read.duplicates, read.unknown) == (4, 1, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ana,2005-09,yes", "line 2: bad is 'yes'. Write 1 for bad, 0 for good"),
        ("ana,2005/09,1", "line 2: month is '2005/09'. Write it as 2005-09."),
        ("ana,2005-13,1", "line 2: month is '2005-13'"),
        (",2005-09,1", "line 2: user_id is empty"),
        ("ana,2005-09", "line 2: has 2 fields, and line 1 names 3"),
        ("ana,bo,2005-09,1", "line 2: has 4 fields, and line 1 names 3"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line(labels, line, said):
    with pytest.raises(RefusedError, match=said.replace(".", r"\.")):
        labels(line)


def test_rows_that_contradict_each_other_are_refused_with_their_lines(labels):
    with pytest.raises(RefusedError, match="lines 2, 4: say both good and bad of 'ana' in 2005-09"):
        labels("ana,2005-09,1", "bo,2005-09,0", "ana,2005-09,0")


def test_a_missing_column_is_refused_with_the_one_that_may_be_meant(labels):
    with pytest.raises(RefusedError, match="line 1: column 'user_id' is missing.* 'userid'"):
        labels("ana,2005-09,1", header="userid,month,bad")


def test_a_column_named_twice_is_refused(labels):
    with pytest.raises(RefusedError, match="line 1: column 'bad' stands there 2 times. Keep one"):
        labels("ana,2005-09,1,0", header="user_id,month,bad,bad")


def test_an_empty_first_line_offers_no_column(labels):
    with pytest.raises(RefusedError, match="'user_id' is missing. The first line names"):
        labels("ana,2005-09,1", header="")


def test_a_field_in_double_quotes_may_hold_a_comma(labels):
    read = labels('"ana, the first",2005-09,1', '"bo ""b""", "2005-09", "0"')

    assert read.rows.rows() == [("ana, the first", "2005-09", 1), ('bo "b"', "2005-09", 0)]


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(b"user_id,month,bad\nana,2005-09,1\n\xfcser,2005-09,0\n")

    with pytest.raises(RefusedError, match="line 3: is not UTF-8. Save the file as UTF-8"):
        read_labels(path)


def test_a_file_without_any_outcome_is_refused(labels):
    with pytest.raises(RefusedError, match="no row has an outcome"):
        labels("ana,2005-09,")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="there is no such file"):
        read_labels(tmp_path / "none.csv")
