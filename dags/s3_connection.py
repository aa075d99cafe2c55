"""The Airflow connection by which tasks reach object storage."""

KEYS = {"login": "access_key_id", "password": "secret_access_key"}
EXTRAS = {
    "region_name": "region",
    "endpoint_url": "endpoint",
    "aws_session_token": "session_token",
}


def use_s3_connection() -> None:
    """Let this process reach S3 by the connection that `LIMITWISE_S3_CONNECTION` names, if any.

    Raises:
        RefusedError: There is no such connection, or it asks for what is not done here.
    """
    from warehouse.settings import reach_s3_by, s3_connection

    if name := s3_connection():
        reach_s3_by(name, _config(name))


def _config(name: str) -> dict[str, str]:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from transforms.declared import nearest
    from transforms.errors import RefusedError

    where = f"Airflow connection {name!r}, named by LIMITWISE_S3_CONNECTION"
    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        raise RefusedError(
            f"{where}: there is no such connection. Create it, with the type aws: login is the "
            "access key, password the secret key."
        ) from None
    if connection.conn_type != "aws":
        raise RefusedError(f"{where}: its type is {connection.conn_type!r}. It must be aws.")
    extra = connection.extra_dejson
    for key in extra:
        if key not in EXTRAS:
            raise RefusedError(
                f"{where}: its extra {key!r} is not used here.{nearest(key, EXTRAS)} Known are "
                f"{', '.join(EXTRAS)}."
            )
    found = {ours: getattr(connection, theirs) for theirs, ours in KEYS.items()}
    found |= {ours: extra.get(theirs) for theirs, ours in EXTRAS.items()}
    return {key: value for key, value in found.items() if value}
