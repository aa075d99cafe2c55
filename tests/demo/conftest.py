import pytest

from tests.demo.worlds import Written, written


@pytest.fixture(scope="session")
def history(tmp_path_factory) -> Written:
    """A world of 3,000 people and 16 months; look, do not write."""
    return written(tmp_path_factory.mktemp("history"), users=3_000, months=16)


@pytest.fixture
def village(tmp_path) -> Written:
    """A world of 200 people and 6 months, to live on in."""
    return written(tmp_path, users=200, months=6)
