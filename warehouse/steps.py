"""What every scheduled step shares: it takes the staging folder of the step before."""

from warehouse.audit import Chain
from warehouse.lake import open_lake
from warehouse.settings import settings_from_environment
from warehouse.staging import Staging

NOTHING_TO_DO = ""


def resumed(folder: str) -> tuple[Staging, Chain]:
    """Return the staging that another process sealed, and the lake's audit chain as it is now."""
    lake = open_lake(settings_from_environment().lake)
    return Staging.resume(lake, folder), Chain.read(lake)
