"""An S3 server that is started once, for the tests that ask for it."""

from collections.abc import Iterator

import pytest

from tests.objects.servers import S3Server


@pytest.fixture(scope="session")
def s3(tmp_path_factory) -> Iterator[S3Server]:
    """A real S3 server process on loopback, with one empty bucket."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server
