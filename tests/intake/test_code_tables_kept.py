"""A file of a code table that was read is needed for good."""

import pytest

from tests.intake.lender import Lender
from transforms.errors import RefusedError
from warehouse.extract import stage_events

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
def lender(tmp_path, monkeypatch):
    lender = Lender(tmp_path)
    for name, value in lender.settings.items():
        monkeypatch.setenv(name, value)
    lender.map(MAPPING)
    (tmp_path / "landing").mkdir()
    for month, user in (("2025-10", "ana"), ("2025-11", "bo")):
        deliver(lender, f"loans_{month}", "loan,user", f"{month},{user}")
        deliver(lender, f"sales_{month}", "id,loan,day", f"{month},{month},{month}-05")
    lender.extract("2025-11")
    return lender


def deliver(lender, name: str, *lines: str) -> None:
    (lender.home / f"landing/{name}.csv").write_text("\n".join(lines) + "\n")


def test_one_that_is_gone_is_named_before_what_was_looked_up_in_it_is_lost(lender):
    (lender.home / "landing/loans_2025-10.csv").unlink()
    deliver(lender, "loans_2025-12", "loan,user", "2025-12,chen")
    deliver(lender, "sales_2025-12", "id,loan,day", "2025-12,2025-12,2025-12-05")

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
    deliver(lender, "loans_2025-12", "loan,user", "2025-12,chen")
    deliver(lender, "sales_2025-12", "id,loan,day", "2025-12,2025-12,2025-12-05")

    lender.extract("2025-12")

    assert [user for _, user, _ in lender.sales("2025-10")] == ["ana"]
