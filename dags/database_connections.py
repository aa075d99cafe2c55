"""Airflow's connections as URIs that PostgreSQL's own library takes."""

from urllib.parse import quote, urlencode

_TYPES = ("postgres", "postgresql")
# What the library knows of an Airflow connection's extras; the others are for other programs.
_OPTIONS = (
    *("application_name", "channel_binding", "connect_timeout", "gssencmode", "keepalives"),
    *("keepalives_count", "keepalives_idle", "keepalives_interval", "options", "passfile"),
    *("sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs"),
    *("tcp_user_timeout",),
)


def connection_uris() -> dict[str, str]:
    """Return the URI of every connection that the sources name, by id; it holds the password.

    Raises:
        RefusedError: A connection is not in Airflow, or is to no PostgreSQL; says how to add it.
    """
    from warehouse.monthly.extract import connections_needed

    return {name: _uri(name) for name in connections_needed()}


def _uri(name: str) -> str:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from transforms.errors import RefusedError

    way = (
        f"`airflow connections add {name} --conn-type postgres --conn-host HOST --conn-schema "
        f"DATABASE --conn-login USER --conn-password PASSWORD`, or set AIRFLOW_CONN_{name.upper()}"
        "=postgresql://USER:PASSWORD@HOST/DATABASE"
    )
    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        raise RefusedError(f"Connection {name}: Airflow has none. Add it: {way}.") from None
    if connection.conn_type not in _TYPES:
        raise RefusedError(
            f"Connection {name}: of type {connection.conn_type}, not postgres. Add it as {way}."
        )
    return _uri_of(connection)


def _uri_of(connection) -> str:
    login = quote(connection.login or "", safe="")
    password = f":{quote(connection.password, safe='')}" if connection.password else ""
    host = quote(connection.host or "", safe="")
    port = f":{connection.port}" if connection.port else ""
    extras = connection.extra_dejson
    given = {key: str(extras[key]) for key in _OPTIONS if extras.get(key) not in (None, "")}
    options = urlencode({"application_name": "limitwise"} | given, quote_via=quote)
    database = quote(connection.schema or "", safe="")
    return f"postgresql://{login}{password}@{host}{port}/{database}?{options}"
