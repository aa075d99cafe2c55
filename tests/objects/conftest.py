"""A lake in the bucket, as one machine, another, and a bad network see it."""

import pytest

from tests.objects.servers import FaultyProxy
from tests.warehouse.lakes import tiny_lake
from warehouse.store.lake import Lake, open_lake


@pytest.fixture
def proxy(s3):
    with FaultyProxy(s3) as proxy:
        yield proxy


@pytest.fixture
def lake(s3, tmp_path) -> Lake:
    return tiny_lake(s3.bucket(f"lake/{tmp_path.name}", tmp_path / "cache"))


@pytest.fixture
def elsewhere(lake, s3, tmp_path) -> Lake:
    """The same lake as another machine sees it."""
    return open_lake(s3.bucket(f"lake/{tmp_path.name}", tmp_path / "another cache"))


@pytest.fixture
def through(lake, s3, tmp_path, proxy) -> Lake:
    """The same lake, reached through the proxy, with the same copies."""
    return open_lake(s3.bucket(f"lake/{tmp_path.name}", tmp_path / "cache", proxy.endpoint))
