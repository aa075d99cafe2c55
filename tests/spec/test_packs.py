"""Rule packs: dated law, and messages that point at what is wrong."""

from datetime import date
from pathlib import Path

import pytest

from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.policies.packs import pack_of
from transforms.policies.policy import in_force

FOLDER = Path(__file__).parents[2] / "policies" / "packs"
SHIPPED = [pack_of(Declared(p.read_text("utf-8"), p.name)) for p in sorted(FOLDER.glob("*.toml"))]

PACK = """
effective_from = 2025-10-01
currency = "CNY"
source = "A notice."
borrower_cap_cents = 20_000_000
tenor_months = 12
dimensions = ["credit_history", "social"]

[[cost_cap]]
lender_type = "bank"
begins_on = 2025-10-01
at_most_bps = 2400
source = "The notice."

[[cost_cap]]
lender_type = "bank"
begins_on = 2027-12-31
at_most_bps = 1200
source = "The guidance."
"""


def of(currency: str) -> list:
    return [pack for pack in SHIPPED if pack.currency == currency]


@pytest.mark.parametrize(
    ("currency", "on", "borrower_cap_cents", "bank_cap_bps"),
    [
        ("CNY", date(2019, 1, 1), None, 3600),
        ("CNY", date(2020, 7, 17), 20_000_000, 3600),
        ("CNY", date(2025, 9, 30), 20_000_000, 3600),
        ("CNY", date(2025, 10, 1), 20_000_000, 2400),
        ("TWD", date(2005, 10, 1), None, 2000),
        ("TWD", date(2015, 9, 1), None, 1500),
    ],
)
def test_the_law_depends_on_the_day(currency, on, borrower_cap_cents, bank_cap_bps):
    pack = in_force(of(currency), on)

    assert pack.borrower_cap_cents == borrower_cap_cents
    assert pack.cost_cap_bps("bank", on) == bank_cap_bps


def test_the_law_depends_on_the_type_of_lender():
    pack = in_force(of("CNY"), date(2027, 12, 31))

    assert pack.cost_cap_bps("small_loan", date(2027, 12, 30)) == 2400
    assert pack.cost_cap_bps("small_loan", date(2027, 12, 31)) == 1200
    assert pack.cost_cap_bps("bank", date(2027, 12, 31)) == 2400


def test_an_unknown_type_of_lender_is_refused_with_the_nearest():
    with pytest.raises(RefusedError, match="lender type 'banks'.*Did you mean 'bank'"):
        in_force(of("CNY"), date(2026, 1, 1)).cost_cap_bps("banks", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("currency", "curency", "p.toml line 3: unknown key 'curency'.* Did you mean 'currency'"),
        ('"social"', '"sociall"', "line 7: no dimension 'sociall'. Did you mean 'social'"),
        ("2400", '"24 %"', "line 12: at_most_bps = '24 %' is not a whole number"),
        ("20_000_000", "0", "line 5: 0 is no amount"),
        ("tenor_months = 12", "tenor_months = 0", "line 6: tenor_months must be"),
        ('"CNY"', '"yuan"', "line 3: 'yuan' is no currency"),
        ("begins_on = 2025-10-01", 'begins_on = "today"', "line 11: begins_on = 'today' is no day"),
        ("begins_on = 2027-12-31", "begins_on = 2025-10-01", "two caps of 'bank' begin"),
        (
            "begins_on = 2025-10-01",
            "begins_on = 2026-01-01",
            "no cap of 'bank' holds on 2025-10-01",
        ),
        ('source = "A notice."', "", "the file lacks source"),
    ],
)
def test_an_error_names_file_and_line(written, instead, message):
    text = PACK.replace(written, instead, 1)

    with pytest.raises(RefusedError, match=message):
        pack_of(Declared(text, "p.toml"))
