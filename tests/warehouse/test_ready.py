"""Which months can be refreshed, and what to do about the others."""

import pytest

from tests.warehouse.lakes import SEPTEMBER, commit, stage_events, tiny_lake
from transforms.errors import NotYetError, RefusedError
from warehouse.monthly.refresh import require_ready


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMITWISE_LAKE", str(tmp_path))
    lake = tiny_lake(tmp_path)
    commit(lake, stage_events(lake, SEPTEMBER))
    return lake


def test_a_month_with_facts_can_be_refreshed(lake):
    require_ready("2026-09")


def test_a_month_before_all_facts_never_can_and_the_first_one_is_named(lake):
    with pytest.raises(RefusedError) as refused:
        require_ready("2026-08")

    assert not isinstance(refused.value, NotYetError)
    assert str(refused.value) == (
        "Month 2026-08: the lake's facts begin in 2026-09, so there is nothing to refresh. Ask for "
        "2026-09 or later; only a new lake can begin earlier."
    )


def test_a_month_after_the_newest_facts_waits_for_its_extraction(lake):
    with pytest.raises(NotYetError, match="2026-10: its facts are not published. Run"):
        require_ready("2026-10")
