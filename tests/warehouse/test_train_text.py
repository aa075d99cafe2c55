"""The words of a model card."""

import pytest

from warehouse.scores.train_text import limit_sentence


@pytest.mark.parametrize(("change", "is_explained"), [(-0.0059, True), (0.0, False), (0.01, False)])
def test_a_limit_taken_for_a_cure_is_explained_only_where_it_was(change, is_explained):
    seen = {"naive_auc": 0.77, "naive_pd_change": change, "scorecard_pd_change": -0.02}

    assert ("because limits were given to safe people" in limit_sentence(seen)) is is_explained
