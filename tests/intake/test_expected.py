"""What a mapping may declare that its source keeps up, and what intake measures of it."""

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, line, load, source
from transforms.errors import RefusedError

CLOCKS = """
  [[file.expect]]
  what = "clocks"
  clock = { column = "at" }
  against = { column = "booked", format = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
"""
PSI = """
[[expect]]
what = "values"
column = "channel"
psi_at_most_bps = 500
severity = "critical"
"""


def declared(text):
    """Return kind, subject, severity of everything that a mapping with `text` is held to."""
    return [(e.what, e.measure, e.severity) for e in source(BEHAVIOUR + text).expected]


DEFAULTS = [
    ("month_end", "", "warning"),
    ("every_day", "", "warning"),
    ("volume", "", "critical"),
    ("hours", "", "warning"),
    ("values", "delinquency_status value", "warning"),
]


def test_without_a_declaration_the_defaults_hold():
    assert declared("") == DEFAULTS


def test_a_declaration_takes_the_place_of_its_default():
    text = '[[expect]]\nwhat = "month_end"\nseverity = "critical"\n'

    assert declared(text) == [("month_end", "", "critical"), *DEFAULTS[1:]]


def test_a_run_off_is_declared_by_type_and_stays_critical_unless_said():
    text = '[[expect]]\nwhat = "volume"\nevent_type = "drawdown"\n'

    assert declared(text) == [("volume", "drawdown", "critical"), *DEFAULTS]


def test_thresholds_that_are_not_declared_are_the_defaults():
    (psi, *_) = source(BEHAVIOUR + PSI).expected

    assert (psi.measure, psi.severity) == ("channel", "critical")
    assert psi.thresholds == {"psi_at_most_bps": 500, "least_events": 200, "bin_width": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('what = "month_ends"', "what is 'month_ends'. Did you mean 'month_end'?"),
        ('severity = "warning"', "what is 'None'. Allowed: month_end, every_day, "),
        ('what = "clocks"', "what is 'clocks'. Allowed: "),
        ('what = "hours"\nseverity = "warn"', "severity is 'warn'. Did you mean 'warning'?"),
        ('what = "hours"\npsi_at_most = 1', "unknown key 'psi_at_most' in expect 1. Did you"),
        ('what = "hours"\nleast_events = 0.5', "least_events is 0.5. Write a whole number."),
        ('what = "volume"\nevent_type = "draw"', "event_type is 'draw'. Did you mean"),
        ('what = "values"', "expect 1 lacks column. Add it."),
        ('what = "values"\ncolumn = "chanel"', "column is 'chanel'. Did you mean 'channel'?"),
        ('what = "values"\ncolumn = "value"\nbin_width = 0', "bin_width is 0. Write the width"),
        ('what = "event_types"\nevent_types = ["buy"]', "event_types is 'buy'."),
        ('what = "event_types"\nevent_types = []', "event_types is []. Write a list."),
        ('what = "hours"\n[[expect]]\nwhat = "hours"', "a second hours. Keep one."),
    ],
)
def test_an_error_names_the_key_and_what_is_valid(text, message):
    with pytest.raises(RefusedError) as refused:
        source(f"{BEHAVIOUR}\n[[expect]]\n{text}\n")

    assert str(refused.value).startswith("sources/shop.toml line ")
    assert message in str(refused.value)


def test_expectations_are_a_list_of_tables():
    with pytest.raises(RefusedError, match=r"expect is no list of tables. Write \[\[expect\]\]"):
        source(f'expect = "all"\n{BEHAVIOUR}')


def test_a_clock_without_a_zone_is_refused_like_any_other_time():
    with pytest.raises(RefusedError, match="has no zone. Add zone, such as Asia/Shanghai"):
        source(BEHAVIOUR + CLOCKS.replace(', zone = "UTC"', ""))


def test_two_clocks_of_a_line_are_measured_over_the_file(tmp_path):
    texts = [
        line(id='"e1"', at='"2026-10-05T09:00:07+08:00"', booked='"2026-10-05 00:00:00"'),
        line(id='"e2"', at='"2026-10-05T09:00:41+08:00"', booked='"2026-10-05 00:00:00"'),
        line(id='"e3"', at='"2026-10-05T08:00:09+08:00"', booked='"2026-10-05 00:00:00"'),
        line(id='"e4"', at='"2026-10-05T08:00:09+08:00"', booked='"yesterday"'),
        line(id='"e5"', at='"2026-10-05T08:00:09+08:00"'),
    ]

    for block_bytes in (1 << 20, 100):
        figures, tables = load(
            tmp_path, FIFTH, "\n".join([*texts, ""]), BEHAVIOUR + CLOCKS, block_bytes=block_bytes
        )

        assert tables["events"].height == 5
        assert [clock.to_plain() for clock in figures.clocks] == [
            {
                "measure": "at against booked",
                "lines": 3,
                "median_seconds": 3_600,
                "near": 2,
                "beyond": 2,
            }
        ]


def test_a_file_without_both_times_measures_nothing(tmp_path):
    figures, _ = load(tmp_path, FIFTH, line() + "\n", BEHAVIOUR + CLOCKS)

    assert [clock.to_plain()["lines"] for clock in figures.clocks] == [0]


def test_a_clock_that_is_only_compared_is_no_dropped_field(tmp_path):
    figures, _ = load(tmp_path, FIFTH, line(booked='"x"', age="7") + "\n", BEHAVIOUR + CLOCKS)

    assert figures.dropped_fields == ["age"]
