"""Great Expectations does less than it would, and finds the same."""

import sys

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
