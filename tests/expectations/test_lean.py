"""Great Expectations does less than it would, and finds the same."""

import hashlib
import json
import sys
from datetime import date

import numpy as np
import pytest

from expectations import lean
from expectations.duckdb_source import imported
from expectations.promise import promise_of
from expectations.suites import promises_of
from tests.expectations.test_checks import rule
from transforms.tables.decided import LIMITS

PROMISES = {promise.type: promise for promise in (*promises_of(LIMITS), promise_of(rule()))}


@pytest.mark.parametrize("given", [{}, {"result_format": {"result_format": "SUMMARY"}}])
@pytest.mark.parametrize("kind", PROMISES)
def test_an_expectation_is_asked_once_and_says_what_it_says_when_asked_for_each_argument(
    kind, given
):
    imported()
    from great_expectations.expectations.expectation import parse_result_format

    stated = PROMISES[kind].expectation()

    each = {key: given.get(key, stated._get_success_kwarg(key)) for key in stated.runtime_keys}
    each |= stated._get_success_kwargs()
    each["result_format"] = parse_result_format(each["result_format"])
    assert stated._get_runtime_kwargs(given) == each


@pytest.mark.parametrize(
    "arguments",
    [
        {"column": "debt_cents", "batch_id": "lake-limits", "min_value": 0, "strict_min": True},
        {"column": "month", "row_condition": None, "min_value": date(2025, 3, 31)},
        {"column": "share", "quantiles": (0.5, np.float64(0.9)), "value_set": {"a"}},
    ],
    ids=["plain", "a date", "numbers of numpy"],
)
def test_the_id_of_a_metric_is_the_one_that_great_expectations_gives(arguments):
    imported()
    from great_expectations.core.id_dict import IDDict
    from great_expectations.util import convert_to_json_serializable

    fit = json.dumps(convert_to_json_serializable(dict(arguments)), sort_keys=True)
    assert IDDict(arguments).to_id() == hashlib.md5(fit.encode()).hexdigest()


def test_a_library_that_nothing_uses_is_imported_once_somebody_does(monkeypatch):
    monkeypatch.setattr(lean, "UNUSED", ("colorsys",))
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with lean.without_the_unused():
        import colorsys as stand_in
    absent = "colorsys" not in sys.modules
    black = stand_in.rgb_to_hsv(0, 0, 0)
    import colorsys

    assert absent
    assert black == (0.0, 0.0, 0)
    assert colorsys is not stand_in
    assert colorsys.rgb_to_hsv is stand_in.rgb_to_hsv
