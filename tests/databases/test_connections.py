"""An Airflow connection as the URI that PostgreSQL's library takes."""

import os
import sys
from pathlib import Path

import pytest

from tests.databases.lender import MAPPING
from tests.databases.servers import rows
from transforms.errors import RefusedError


@pytest.fixture
def uri_of(tmp_path, tmp_path_factory, monkeypatch):
    """Return the URI that a connection, given as Airflow takes it from the environment, becomes."""
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "dags"))
    (tmp_path / "bank.toml").write_text(MAPPING)
    monkeypatch.setenv("LIMITWISE_SOURCES", str(tmp_path))

    def uri_of(given: str) -> str:
        from database_connections import connection_uris

        monkeypatch.setenv("AIRFLOW_CONN_CORE_BANKING", given)
        return connection_uris()["core_banking"]

    yield uri_of
    sys.modules.pop("database_connections", None)


@pytest.mark.parametrize(
    ("given", "uri"),
    [
        (
            "postgres://lender:p%40ss%2Fword@db.bank:5433/core",
            "postgresql://lender:p%40ss%2Fword@db.bank:5433/core?application_name=limitwise",
        ),
        (
            '{"conn_type": "postgres", "host": "db", "login": "l", "schema": "core", '
            '"extra": {"sslmode": "require", "connect_timeout": 10, "cursor": "dictcursor"}}',
            "postgresql://l@db/core?application_name=limitwise&connect_timeout=10&sslmode=require",
        ),
    ],
)
def test_what_the_library_knows_is_handed_on_and_the_rest_is_left_out(uri_of, given, uri):
    assert uri_of(given) == uri


def test_a_connection_to_something_else_is_refused(uri_of):
    with pytest.raises(RefusedError, match="of type mysql, not postgres. Add it as `airflow conn"):
        uri_of("mysql://lender@db/core")


def test_the_uri_opens_the_database(uri_of, database):
    host = str(database.socket).replace("/", "%2F")
    uri = uri_of(f"postgres://lender:{database.password}@{host}/{database.name}")

    assert rows(uri, "SELECT current_setting('application_name')") == [("limitwise",)]
