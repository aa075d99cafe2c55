"""How a task begins and ends: with its connection, and a foreseen failure with its message."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def foreseen() -> Iterator[None]:
    """Turn a refusal into a failed task; what may help itself later is left to the retries.

    The credentials of object storage are looked up first, so that their refusal ends in the same
    way.
    """
    from airflow.sdk.exceptions import AirflowFailException
    from s3_connection import use_s3_connection

    from transforms.errors import NotYetError, RefusedError
    from warehouse.monthly.progress import LOG

    try:
        use_s3_connection()
        yield
    except NotYetError as not_yet:
        LOG.error("%s", not_yet)
        raise
    except RefusedError as refused:
        LOG.error("%s", refused)
        raise AirflowFailException(str(refused)) from None
    except Exception:
        LOG.exception("Not foreseen; the task is tried again.")
        raise
