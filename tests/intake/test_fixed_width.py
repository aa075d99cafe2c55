"""Lines of fixed width: where one may end, and where it must."""

import pytest

from tests.intake.landing_folder import LIMITS, OCTOBER, load


def limits(tables):
    return tables["events"].select("user_id", "amount_cents", "source_line").rows()


def refusals(tables):
    return tables["quarantine"].select("source_line", "column", "reason").rows()


FIXED = LIMITS.replace(
    'format = "csv"',
    'format = "fixed"\ncolumns = { user = [1, 6], date = [7, 16], limit = [17, 24], x = [25, 99] }',
)


def test_a_line_of_fixed_width_is_read_by_position(tmp_path):
    content = "ana   2026-10-31   500.0secret\n小明    2026-10-31   12.50\n"

    figures, tables = load(tmp_path, OCTOBER, content, FIXED)

    assert limits(tables) == [("ana", 50_000, 1), ("小明", 1_250, 2)]
    assert figures.dropped_fields == ["x"]


@pytest.mark.parametrize(
    ("given", "column", "reason"),
    [
        ("bo    2026-10-31   12.5", None, "line_too_short"),
        ("b\0    2026-10-31   12.50", None, "control_character"),
        ("      2026-10-31   12.50", "user", "missing"),
        ("bo    2026-10-31   1 .50", "limit", "not_a_number"),
        (" " * 24 + "x", "user", "missing"),
    ],
)
def test_a_bad_line_of_fixed_width_is_refused_and_costs_no_other(tmp_path, given, column, reason):
    content = f"{given}\nana   2026-10-31   500.0\n"

    _, tables = load(tmp_path, OCTOBER, content, FIXED)

    assert refusals(tables) == [(1, column, reason)]
    assert limits(tables) == [("ana", 50_000, 2)]


def fixed(columns):
    return LIMITS.replace('format = "csv"', f'format = "fixed"\ncolumns = {{ {columns} }}')


OPTIONAL_LAST = fixed("user = [1, 4], date = [5, 14], limit = [15, 20], shop = [21, 28]").replace(
    'unit = "main" }', 'unit = "main" }\n  merchant_category = "shop"'
)


@pytest.mark.parametrize(
    ("given", "shop"),
    [
        ("ana 2026-10-31500.00food    ", "food"),
        ("ana 2026-10-31500.00food", "food"),
        ("ana 2026-10-31500.00        ", None),
        ("ana 2026-10-31500.00", None),
        ("ana 2026-10-31500.00food      \u00a0 ", "food"),
    ],
)
def test_blanks_cut_off_or_added_at_the_end_of_a_line_of_fixed_width_never_count(
    tmp_path, given, shop
):
    _, tables = load(tmp_path, OCTOBER, f"{given}\n", OPTIONAL_LAST)

    assert refusals(tables) == []
    assert limits(tables) == [("ana", 50_000, 1)]
    assert tables["events"]["merchant_category"].to_list() == [shop]


def test_a_needed_field_beyond_the_end_of_a_line_of_fixed_width_is_missing(tmp_path):
    _, tables = load(tmp_path, OCTOBER, "ana 2026-10-31\n", OPTIONAL_LAST)

    assert refusals(tables) == [(1, "limit", "missing")]


LIMIT_LAST = fixed("user = [1, 4], date = [5, 14], limit = [15, 22]")


@pytest.mark.parametrize("columns", [LIMIT_LAST, LIMIT_LAST.replace("22]", "22], x = [23, 24]")])
@pytest.mark.parametrize("cut", ["  125.0", "00125.0", "00", "-0125", "\u00a0 12"])
def test_a_right_aligned_number_that_the_line_cuts_is_no_smaller_number(tmp_path, columns, cut):
    _, tables = load(tmp_path, OCTOBER, f"ana 2026-10-31{cut}\n", columns)

    row = tables["quarantine"].select("reason", "found").row(0)
    assert row == ("line_too_short", f"{14 + len(cut)} characters, limit ends at 22")
    assert limits(tables) == []


@pytest.mark.parametrize(("written", "cents"), [("500.00", 50_000), ("0.50", 50), ("0", 0)])
def test_a_left_aligned_number_in_the_last_column_may_lack_its_padding(tmp_path, written, cents):
    _, tables = load(tmp_path, OCTOBER, f"ana 2026-10-31{written}\n", LIMIT_LAST)

    assert limits(tables) == [("ana", cents, 1)]


def test_a_line_of_fixed_width_that_goes_on_after_its_last_column_is_refused(tmp_path):
    shifted = "ana  2026-10-31  500.00\nana 2026-10-31  500.00\n"

    _, tables = load(tmp_path, OCTOBER, shifted, LIMIT_LAST)
    _, named = load(
        tmp_path / "named",
        OCTOBER,
        "ana 2026-10-31  500.00EUR\n",
        LIMIT_LAST.replace("22]", "22], rest = [23, 400]"),
    )

    assert tables["quarantine"].select("source_line", "reason", "found").rows() == [
        (1, "line_too_long", "23 characters, the last column ends at 22")
    ]
    assert limits(tables) == [("ana", 50_000, 2)]
    assert limits(named) == [("ana", 50_000, 1)]


def test_a_last_line_of_fixed_width_without_its_end_is_cut_off(tmp_path):
    _, tables = load(tmp_path, OCTOBER, "ana   2026-10-31   500.0", FIXED)

    assert refusals(tables) == [(1, None, "cut_off")]
