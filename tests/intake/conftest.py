"""A lender for tests of whole extractions."""

from collections.abc import Callable

import pytest

from tests.intake.lender import Lender


@pytest.fixture
def lender_with(tmp_path, monkeypatch) -> Callable[..., Lender]:
    """Return a maker of the lender that this process's settings point at."""

    def made(kind: type[Lender] = Lender, **given) -> Lender:
        lender = kind(**{"home": tmp_path} | given)
        for name, value in lender.settings.items():
            monkeypatch.setenv(name, value)
        return lender

    return made


@pytest.fixture
def lender(lender_with) -> Lender:
    return lender_with()
