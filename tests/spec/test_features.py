"""What every feature means, by example."""

import pytest

from tests.spec.examples_of_account_activity import ACCOUNT_ACTIVITY
from tests.spec.examples_of_credit_history import CREDIT_HISTORY
from tests.spec.examples_of_repayment import REPAYMENT
from tests.spec.examples_of_social_and_context import SOCIAL_AND_CONTEXT
from tests.spec.examples_of_spending import SPENDING
from tests.spec.feature_examples import TWO_YEARS, features_of
from transforms.features.catalogue import CATALOGUE, FEATURES, catalogue_text, families_of
from transforms.features.history import Coverage
from transforms.tables.logs import EVENT_TYPES

EXAMPLES = (*CREDIT_HISTORY, *REPAYMENT, *SPENDING, *ACCOUNT_ACTIVITY, *SOCIAL_AND_CONTEXT)
UNITS = {"cents", "count", "days", "months", "points", "ratio"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_a_feature_means_what_its_example_shows(example):
    features = example.features()

    assert features.select(list(example.then)).row(0, named=True) == example.then


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_every_feature_has_an_example_with_a_value_and_is_null_only_as_declared(feature):
    shown = [example.then[feature.name] for example in EXAMPLES if feature.name in example.then]

    assert any(value is not None for value in shown)
    assert (None in shown) != feature.null_means.startswith("Never null")


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_a_declaration_is_complete(feature):
    assert feature.unit in UNITS
    assert feature.meaning.endswith(".") and feature.null_means.endswith(".")
    assert feature.meaning_zh.endswith("。")
    assert feature.reason_en.count("{value}") == feature.reason_zh.count("{value}") == 1
    assert feature.reason_en.endswith(".") and feature.reason_zh.endswith("。")
    assert (feature.unit == "cents") == ("_cents" in feature.name)


def test_names_are_unique_and_the_table_follows_the_catalogue():
    names = [feature.name for feature in CATALOGUE]

    assert len(set(names)) == len(names)
    assert list(FEATURES.schema) == ["as_of", "user_id", *names]


def test_every_account_of_the_month_has_one_row_in_order_and_no_one_else_has():
    features = features_of(
        accounts="""
            user_id | as_of      | segment
            dai     | 2026-09-30 | consumer
            ana     | 2026-09-30 | micro_business
            bo      | 2026-08-31 | consumer
            """,
        activity="""
            user_id | as_of   | purchase_count
            chen    | 2026-09 |              3
            bo      | 2026-09 |              3
            ana     | 2026-09 |              3
            """,
    )

    assert features["user_id"].to_list() == ["ana", "dai"]
    assert features["purchase_count_1m"].to_list() == [3, 0]
    assert features.schema == FEATURES.schema


@pytest.mark.parametrize("family", ["credit_history", "spending", "account_activity", "social"])
def test_a_dimension_that_the_lake_never_saw_is_unknown_not_0(family):
    given = {
        "accounts": "user_id | as_of | segment\nana | 2026-09-30 | consumer",
        "activity": "user_id | as_of | income_evidence_cents\nana | 2026-09 | 5",
        "instructions": """
            instruction_id | user_id | kind          | dimension | recorded_at      | effective_from
            1              | ana     | consent_given | social    | 2026-01-01T00:00 | 2026-01-01
            """,
    }
    others = TWO_YEARS.families - {family}

    lacking = features_of(
        coverage=Coverage(first_month=TWO_YEARS.first_month, families=others), **given
    )

    names = [feature.name for feature in CATALOGUE if feature.dimension == family]
    assert lacking.schema == FEATURES.schema
    assert set(lacking.select(names).row(0)) == {None}
    assert lacking["income_evidence_cents"].item() == 5
    assert 0 in features_of(**given).select(names).row(0), "known to be 0 where the lake saw others"


def test_event_types_tell_which_dimensions_a_lake_has_seen():
    assert families_of(["repayment", "bureau_report"]) == {"credit_history"}
    assert families_of(["purchase"]) == {"spending"}
    assert families_of(EVENT_TYPES) == TWO_YEARS.families


def test_the_catalogue_is_the_same_text_every_time_and_names_every_feature():
    lines = catalogue_text().splitlines()

    assert [line.split(" | ")[0] for line in lines] == [feature.name for feature in CATALOGUE]
    assert "0x" not in catalogue_text()
