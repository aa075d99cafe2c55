"""Terms as the lake keeps them: what a month was decided by, and nothing else."""

import pytest

from tests.warehouse.lakes import OCTOBER, identity, tiny_lake
from transforms.errors import RefusedError
from warehouse.monthly.terms import pinned_terms
from warehouse.store.staging import Staging


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda text: text.write_text("pd_cut_ppm = 90_000"), "not as it was written"),
        (lambda text: text.unlink(), "is missing"),
    ],
)
def test_nothing_is_told_by_a_kept_text_that_was_changed_or_is_gone(tmp_path, tamper, says):
    lake = tiny_lake(tmp_path)
    sha256 = Staging.begin(lake, OCTOBER, identity("x")).keep_text("policy", "pd_cut_ppm = 40_000")

    tamper(lake.path(f"texts/{sha256}"))
    with pytest.raises(RefusedError) as refused:
        pinned_terms(lake, {"policies/2026-01-01.toml": sha256}, OCTOBER)

    assert str(refused.value) == (
        f"Text {lake.place.shown(f'texts/{sha256}')}: {says}. Restore it from a backup."
    )
