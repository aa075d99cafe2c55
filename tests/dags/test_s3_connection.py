"""How a task finds the credentials of object storage in Airflow."""

import json
from pathlib import Path

import pytest

from transforms.errors import RefusedError
from warehouse import settings

SECRET = "a-secret-key"


@pytest.fixture
def use_s3_connection(monkeypatch, tmp_path):
    """The function of the dags folder, in a process that may forget what it was told."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "dags"))
    monkeypatch.setattr(settings, "_connections", {})
    monkeypatch.setenv("LIMITWISE_LAKE", "s3://lender/lake")
    monkeypatch.setenv("LIMITWISE_CACHE", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    from s3_connection import use_s3_connection

    return use_s3_connection


def connect(monkeypatch, **more) -> None:
    """Define the connection `the_lake` as an environment variable, and name it."""
    connection = {"conn_type": "aws", "login": "an-access-key", "password": SECRET} | more
    monkeypatch.setenv("AIRFLOW_CONN_THE_LAKE", json.dumps(connection))
    monkeypatch.setenv("LIMITWISE_S3_CONNECTION", "the_lake")


def test_the_connection_is_stronger_than_the_environment(use_s3_connection, monkeypatch):
    connect(
        monkeypatch,
        extra={
            "region_name": "ap-east-1",
            "endpoint_url": "http://127.0.0.1:2",
            "aws_session_token": "a-token",
        },
    )

    use_s3_connection()

    access = settings.settings_from_environment().lake.access
    assert access.endpoint == "http://127.0.0.1:2"
    assert access.config == {
        "access_key_id": "an-access-key",
        "secret_access_key": SECRET,
        "session_token": "a-token",
        "region": "ap-east-1",
    }
    assert access.given_by == (
        "the Airflow connection 'the_lake', which LIMITWISE_S3_CONNECTION names"
    )
    assert SECRET not in repr(access)


def test_without_a_name_the_environment_serves(use_s3_connection):
    use_s3_connection()

    access = settings.settings_from_environment().lake.access
    assert access.endpoint == "http://127.0.0.1:1"
    assert access.config == {}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"conn_type": "http"}, "its type is 'http'. It must be aws."),
        ({"extra": {"region": "x"}}, "its extra 'region' is not used here. Did you mean 'region_n"),
        ({"extra": {"role_arn": "x"}}, "its extra 'role_arn' is not used here."),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(use_s3_connection, monkeypatch, more, message):
    connect(monkeypatch, **more)

    with pytest.raises(RefusedError) as refused:
        use_s3_connection()

    assert message in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_absent_connection_is_named(use_s3_connection, monkeypatch):
    monkeypatch.setenv("LIMITWISE_S3_CONNECTION", "the_lake")

    with pytest.raises(RefusedError, match="connection 'the_lake'.*there is no such connection"):
        use_s3_connection()
