"""One PostgreSQL server for all tests here, and a fresh database for each."""

import pytest

from tests.databases.servers import Database, Server, programs


@pytest.fixture(scope="session")
def server():
    if programs() is None:
        pytest.skip("PostgreSQL's server (initdb, pg_ctl) is not on this machine")
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def database(server) -> Database:
    return server.database()
