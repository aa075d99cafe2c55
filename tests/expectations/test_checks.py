"""A validation ends in a report, whatever the files and rules are like."""

import json

import polars as pl
import pytest

from expectations.checks import check_tables
from expectations.gate import Failure, Report
from expectations.rule import Files, Rule, Rules
from tests.expectations.worlds import broken, written
from transforms.tables.table import USER, Table, cents

CAPS = Table(
    name="caps",
    meaning="One row is one cap.",
    kind="decisions",
    key=("user_id",),
    columns=(USER, cents("cap_cents", "Cap.")),
)
GOOD = pl.DataFrame({"user_id": ["ana", "bo"], "cap_cents": [100, 200]}, schema=CAPS.schema)


def rule(**values) -> Rule:
    declared = {
        "name": "below_most",
        "table": "caps",
        "reads": ("caps", "most_cents"),
        "sql": "SELECT user_id AS item, cap_cents AS found, most_cents AS expected "
        "FROM caps, figures WHERE cap_cents > most_cents",
        "meaning": "No cap is above the most.",
        "broken": "users above the most",
        "unit": "cents",
        "remedy": "Lower the cap.",
    }
    return Rule(**declared | values)


@pytest.fixture
def caps(tmp_path) -> str:
    return written(tmp_path, "caps", GOOD)


def test_a_broken_rule_names_the_worst_and_says_what_to_do(caps):
    report = check_tables({CAPS: [caps]}, Rules((rule(),), {"most_cents": 50}))

    assert report.message() == (
        "1 of 6 promises are broken:\n"
        "  critical: Table caps: 2 users above the most; the worst bo: 200 cents, expected 50. "
        "Lower the cap."
    )


def test_a_warning_is_shown_and_stops_nothing(caps):
    rules = Rules((rule(severity="warning"),), {"most_cents": 150})

    report = check_tables({CAPS: [caps]}, rules)

    assert report.critical == ()
    assert [(f.expectation, f.count, f.observed) for f in report.warnings] == [
        ("below_most", 1, "200 cents")
    ]


def test_a_rule_that_cannot_be_computed_is_critical_whatever_its_label(caps):
    wrong = rule(severity="warning", sql="SELECT 1 / nothing AS item FROM caps", reads=("caps",))

    report = check_tables({CAPS: [caps]}, Rules((wrong,)))

    assert [failure.message for failure in report.critical] == [
        "Table caps: below_most could not be computed: Binder Error: Referenced column "
        '"nothing" not found in FROM clause. The job itself is at fault: report it; last '
        "month's limits stay in force."
    ]


def test_one_failed_query_does_not_spoil_the_others(caps):
    wrong = rule(name="wrong", sql="SELECT user_id::INTEGER AS item FROM caps", reads=("caps",))

    report = check_tables({CAPS: [caps]}, Rules((wrong, rule()), {"most_cents": 150}))

    assert broken(report) == {"wrong", "below_most"}
    assert "could not be computed" not in report.critical[1].message


def test_a_figure_that_does_not_exist_yet_is_not_evaluated_and_said(caps):
    report = check_tables({CAPS: [caps]}, Rules((rule(),), {"most_cents": None}))

    assert report.critical == () and report.warnings == ()
    assert report.not_evaluated == {"below_most": "most_cents does not exist yet"}


def test_a_figure_that_was_forgotten_is_critical(caps):
    report = check_tables({CAPS: [caps]}, Rules((rule(severity="warning"),)))

    assert [failure.message for failure in report.critical] == [
        "Table caps: below_most could not be computed: most_cents cannot be read. The job itself "
        "is at fault: report it; last month's limits stay in force."
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "too small to be a Parquet file"), (b"PAR1" + b"x" * 99, "No magic bytes found")],
    ids=["empty", "no Parquet"],
)
def test_a_file_that_cannot_be_read_is_named(content, said, caps, tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(content)

    report = check_tables({CAPS: [caps, str(bad)]}, Rules((rule(),), {"most_cents": 1}))

    assert broken(report) == {"readable", "below_most"}
    message = report.critical[0].message
    assert message.startswith(f"Table caps: cannot be read as it was written: {bad}: ")
    assert said in message and caps not in message and "limitwise verify" in message


def test_a_file_that_is_gone_is_named(caps, tmp_path):
    gone = str(tmp_path / "gone.parquet")

    report = check_tables({CAPS: [caps, gone]})

    assert broken(report) == {"readable"}
    assert gone in report.critical[0].message


def test_one_flipped_bit_that_breaks_a_page_is_named(caps, tmp_path):
    path = tmp_path / "flipped.parquet"
    content = bytearray((tmp_path / "caps.parquet").read_bytes())
    content[20] ^= 0b100  # within the first compressed page
    path.write_bytes(content)

    report = check_tables({CAPS: [str(path)]})

    assert broken(report) == {"readable"}
    assert str(path) in report.critical[0].message


def test_files_of_one_table_must_have_one_shape(caps, tmp_path):
    other = written(tmp_path, "other", GOOD.rename({"cap_cents": "cap"}))

    report = check_tables({CAPS: [caps, other]})

    assert f"{other}: not of the columns and types of {caps}" in report.critical[0].message


def test_a_path_with_a_quote_is_read(tmp_path):
    folder = tmp_path / "it's"
    folder.mkdir()

    report = check_tables({CAPS: [written(folder, "caps", GOOD)]})

    assert report.critical == ()


def test_rules_read_files_that_are_not_judged_again(caps, tmp_path):
    twice = written(tmp_path, "twice", pl.concat([GOOD, GOOD]))
    grown = rule(
        reads=("caps", "caps_before"),
        sql="SELECT user_id AS item, count(*) AS found, NULL AS expected "
        "FROM caps_before SEMI JOIN caps USING (user_id) GROUP BY ALL HAVING found > 1",
    )

    report = check_tables({CAPS: [caps]}, Rules((grown,), {"caps_before": Files(CAPS, (twice,))}))

    assert broken(report) == {"below_most"}


def test_equal_files_give_an_equal_report_without_the_clock(caps):
    rules = Rules((rule(),), {"most_cents": 50})

    first, second = (check_tables({CAPS: [caps]}, rules) for _ in range(2))

    assert first.seconds > 0
    assert json.dumps(first.to_plain()) == json.dumps(second.to_plain())
    assert first.to_plain() == {
        "evaluated": 6,
        "failures": [
            {
                "table": "caps",
                "expectation": "below_most",
                "column": "",
                "severity": "critical",
                "count": 2,
                "observed": "200 cents",
                "message": "Table caps: 2 users above the most; the worst bo: 200 cents, "
                "expected 50. Lower the cap.",
            }
        ],
        "warnings": [],
        "not_evaluated": {},
    }


def test_a_message_tells_critical_failures_before_warnings():
    failure = Failure(table="caps", expectation="key", count=2, message="Two rows. Report it.")
    warning = Failure(
        table="caps", expectation="low", severity="warning", count=1, message="Few. Ask."
    )

    report = Report(failures=(failure,), warnings=(warning,), evaluated=9)

    assert report.message() == (
        "1 of 9 promises are broken, and 1 warning:\n"
        "  critical: Two rows. Report it.\n"
        "  warning: Few. Ask."
    )


def test_a_rule_with_an_unknown_severity_is_refused():
    with pytest.raises(ValueError, match="Rule below_most: severity 'info' is none."):
        rule(severity="info")
