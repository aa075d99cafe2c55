"""How a foreseen failure ends a task: its message, no traceback, and no vain retry."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def foreseen() -> Iterator[None]:
    """Turn a refusal into a failed task; what may help itself later is left to the retries."""
    from airflow.sdk.exceptions import AirflowFailException

    from transforms.errors import NotYetError, RefusedError
    from warehouse.progress import LOG

    try:
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
