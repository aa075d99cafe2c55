"""docs/catalogue.md says what the declared rows say."""

from pathlib import Path

from transforms.features.catalogue import CATALOGUE
from transforms.tables.decided import DECIDED
from transforms.tables.facts import FACTS
from warehouse.commands.catalogue_docs import catalogue_page, uses_of

ROOT = Path(__file__).parents[2]


def test_the_page_is_fresh():
    page = (ROOT / "docs/catalogue.md").read_text("utf-8")

    assert page == catalogue_page(ROOT / "policies"), (
        "Run `python -m warehouse.commands.catalogue_docs`."
    )


def test_the_page_tells_of_every_feature_and_every_stored_column():
    page = catalogue_page(ROOT / "policies")

    for feature in CATALOGUE:
        assert page.count(f"\n| `{feature.name}` | {feature.written} |") == 1
    for table in (*FACTS, *DECIDED):
        section = page.split(f"## `{table.name}`\n")[1].split("\n## ")[0]
        assert all(f"| `{column.name}` |" in section for column in table.columns)


def test_a_feature_is_used_where_a_rule_computes_with_it_not_where_prose_mentions_it():
    policy = """
name = "utilisation"

[[guard]]
name = "overdue"
when = "dpd_end_days >= 30 or utilisation > 0.85"
says = "Your idle_months were {idle_months}."

[warning.cash]
value = "cash_out_ratio_3m"
"""
    scorecard = """
[[feature]]
name = "utilisation"
bins = [{ at_most = 1, points = 2 }]
"""
    names = ["utilisation", "dpd_end_days", "idle_months", "cash_out_ratio_3m"]

    uses = uses_of(names, {"policy.toml": policy, "card.toml": scorecard})

    assert uses == {
        "utilisation": ["card.toml: feature", "policy.toml: guard overdue"],
        "dpd_end_days": ["policy.toml: guard overdue"],
        "idle_months": [],
        "cash_out_ratio_3m": ["policy.toml: warning cash"],
    }
