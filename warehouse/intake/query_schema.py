"""The columns that a query gives, held against those that the mapping declares."""

from transforms.errors import RefusedError
from transforms.mapping.query import Query
from warehouse.intake.database import Snapshot, is_time


def require_schema(snapshot: Snapshot, query: Query) -> None:
    """Refuse a query whose columns are not those that the mapping declares.

    Raises:
        RefusedError: Names every column that is gone, of another type, or new.
    """
    given = dict(snapshot.types(query.sql))
    declared = {name: snapshot.full_name(kind) for name, kind in query.columns.items()}
    wrong = []
    for name, kind in declared.items():
        if kind is None:
            wrong.append(f"type {query.columns[name]!r} of column {name} is none of PostgreSQL's")
        elif name not in given:
            wrong.append(f"column {name} is gone (declared {kind})")
        elif given[name] != kind:
            wrong.append(f"type of column {name} changed (declared {kind}, found {given[name]})")
    wrong += [
        f"column {name} is new (found {kind})"
        for name, kind in given.items()
        if name not in declared
    ]
    if wrong:
        raise RefusedError(
            f"sources/{query.source}.toml, query {query.name}, connection {query.connection}: "
            f"{'; '.join(wrong)}. Look at what the change means, then correct columns and the "
            "templates, or the sql; nothing was written."
        )
    if query.watermark and not is_time(given[query.watermark]):
        raise RefusedError(
            f"sources/{query.source}.toml, query {query.name}: watermark {query.watermark} is of "
            f"type {given[query.watermark]}, which is no time. Choose a column of type date, "
            "timestamp or timestamptz, or cast it in the sql."
        )
