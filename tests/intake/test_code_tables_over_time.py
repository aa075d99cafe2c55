"""A code table may grow, is read anew where it changed, and its files are needed for good."""

import pytest

from transforms.errors import RefusedError
from warehouse.monthly.extract import stage_events

MAPPING = """
source = "shop"
mode = "shadow"
credit_from = "ledger"

[[file]]
name = "loans"
path = "loans_{month}.csv"
format = "csv"
every = "month"

[[file]]
name = "sales"
path = "sales_{month}.csv"
format = "csv"
every = "month"

  [[file.event]]
  event_id = "id"
  user_id = { column = "loan", codes = { file = "loans", key = "loan", value = "user" } }
  occurred_at = { column = "day", format = "%Y-%m-%d", zone = "Asia/Shanghai" }
  event_type = { is = "login" }
"""


@pytest.fixture
def lender(lender_with):
    lender = lender_with()
    lender.map(MAPPING)
    for month, user in (("2025-10", "ana"), ("2025-11", "bo")):
        lender.deliver(f"loans_{month}", "loan,user", f"{month},{user}")
        lender.deliver(f"sales_{month}", "id,loan,day", f"{month},{month},{month}-05")
    lender.extract("2025-11")
    return lender


def december(lender, *loans: str, sale: str = "2025-12,2025-12,2025-12-05") -> list[str]:
    """Extract December; return which files were read for it."""
    lender.deliver("loans_2025-12", "loan,user", *loans)
    lender.deliver("sales_2025-12", "id,loan,day", sale)
    lender.extract("2025-12")
    return sorted(record["path"] for record in lender.chain.entries[-1].intake)


def users(lender, month: str) -> list[str]:
    return [user for _, user, _ in lender.sales(month)]


def test_a_table_that_grows_has_no_file_read_again(lender):
    assert december(lender, "2025-12,chen") == ["loans_2025-12.csv", "sales_2025-12.csv"]
    assert [users(lender, f"2025-{month}") for month in (10, 11, 12)] == [["ana"], ["bo"], ["chen"]]

    lender.deliver("loans_2026-01", "loan,user", "2026-01,dai")
    lender.deliver("sales_2026-01", "id,loan,day", "2026-01,2025-10,2026-01-05")
    lender.extract("2026-01")

    assert len(lender.chain.entries[-1].intake) == 2
    assert users(lender, "2026-01") == ["ana"]


def test_a_table_that_says_the_same_twice_has_no_file_read_again(lender):
    assert len(december(lender, "2025-12,chen", "2025-10,ana", "2025-11,")) == 2


def test_a_table_that_contradicts_itself_has_every_file_read_again(lender):
    read = december(lender, "2025-12,chen", "2025-10,dai")

    assert [name for name in read if "sales" in name] == [
        f"sales_2025-{month}.csv" for month in (10, 11, 12)
    ]
    assert [users(lender, f"2025-{month}") for month in (10, 11, 12)] == [[], ["bo"], ["chen"]]


def test_a_file_with_a_line_whose_key_was_unknown_is_read_again_when_the_table_grows(lender):
    lender.deliver("sales_2025-11", "id,loan,day", "2025-11,2025-12,2025-11-05")
    lender.extract("2025-11")
    assert users(lender, "2025-11") == []

    read = december(lender, "2025-12,chen")

    assert read == ["loans_2025-12.csv", "sales_2025-11.csv", "sales_2025-12.csv"]
    assert users(lender, "2025-11") == ["chen"]


def test_a_file_with_a_line_left_out_for_an_unknown_key_is_read_again_too(lender):
    lender.map(MAPPING + """  when = "user_id IS NOT NULL"\n""")
    lender.deliver("sales_2025-11", "id,loan,day", "2025-11,2025-12,2025-11-05")
    lender.extract("2025-11")
    assert users(lender, "2025-11") == []

    december(lender, "2025-12,chen")

    assert users(lender, "2025-11") == ["chen"]


def test_a_key_with_an_empty_value_that_nobody_looked_up_has_no_file_read_again(lender):
    lender.deliver("loans_2025-11", "loan,user", "2025-11,bo", "2025-12,")
    lender.extract("2025-11")

    assert len(december(lender, "2025-12,chen")) == 2


def test_a_file_read_by_a_new_mapping_follows_the_lines_that_it_found_by_that(lender):
    for month, other in (("2025-10", "2025-12"), ("2025-11", "2025-11"), ("2025-12", "2025-12")):
        line = f"{month},{month},{month}-05,{other}"
        lender.deliver(f"sales_{month}", "id,loan,day,other", line)
        lender.deliver("loans_2025-12", "loan,user", "2025-12,chen")
    lender.extract("2025-11")
    lender.extract("2025-12")  # the sale of October was read when the table had no December

    lender.map(MAPPING.replace('column = "loan"', 'column = "other"'))
    lender.extract("2025-12")
    chen = users(lender, "2025-10")
    lender.deliver("loans_2025-12", "loan,user", "2025-12,dai")
    lender.extract("2025-12")

    assert (chen, users(lender, "2025-10")) == (["chen"], ["dai"])


def test_a_table_delivered_anew_with_lines_at_its_end_is_no_correction(lender):
    lender.decide("2025-11")
    lender.deliver("loans_2025-11", "loan,user", "2025-11,bo", "2026-02,chen")
    for month in ("2025-12", "2026-01", "2026-02"):
        lender.deliver(f"loans_{month}", "loan,user")
        lender.deliver(f"sales_{month}", "id,loan,day")
    lender.deliver("sales_2026-02", "id,loan,day", "late,2026-02,2025-10-05")

    lender.extract("2026-02")

    assert users(lender, "2025-10") == ["ana"]
    assert users(lender, "2026-02") == ["chen"]  # too late for October, as nothing was corrected


def test_a_table_with_a_line_before_others_has_every_file_read_again_and_gives_the_same(lender):
    lender.deliver("loans_2025-10", "loan,user", "2025-01,eve", "2025-10,ana")

    read = december(lender, "2025-12,chen")

    assert len(read) == 5
    assert [users(lender, f"2025-{month}") for month in (10, 11, 12)] == [["ana"], ["bo"], ["chen"]]


def test_one_that_is_gone_is_named_before_what_was_looked_up_in_it_is_lost(lender):
    (lender.home / "landing/loans_2025-10.csv").unlink()
    lender.deliver("loans_2025-12", "loan,user", "2025-12,chen")
    lender.deliver("sales_2025-12", "id,loan,day", "2025-12,2025-12,2025-12-05")

    with pytest.raises(RefusedError) as refused:
        stage_events("2025-12")

    assert str(refused.value) == (
        "Landing file loans_2025-10.csv: was read before and is gone, and other files of the "
        "source shop look up codes in it. Put it back: files of a code table stay in the landing "
        "folder, "
        "one without content if its codes hold no longer."
    )


def test_another_file_that_is_gone_keeps_what_it_gave(lender):
    (lender.home / "landing/sales_2025-10.csv").unlink()
    lender.deliver("loans_2025-12", "loan,user", "2025-12,chen")
    lender.deliver("sales_2025-12", "id,loan,day", "2025-12,2025-12,2025-12-05")

    lender.extract("2025-12")

    assert [user for _, user, _ in lender.sales("2025-10")] == ["ana"]
