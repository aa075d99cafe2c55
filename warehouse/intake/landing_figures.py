"""What lies in the landing folder, beside what the lake has read of it."""

from transforms.errors import RefusedError
from warehouse.intake.sources import landing_files, read_sources
from warehouse.settings import Settings
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake


def landing_figures(lake: Lake, settings: Settings) -> dict[str, int] | None:
    """Count landing files by name; nothing is opened.

    Returns:
        Files read, not read yet, and gone since they were read, whose facts stay. None if the
        landing folder or a mapping cannot be read: an extraction says why.
    """
    try:
        sources = read_sources(settings.sources)
        found = {file.path for one in sources for file in landing_files(one, settings.landing)}
    except RefusedError:
        return None
    known = set(Chain.read(lake).accounted())
    return {
        "files read": len(found & known),
        "files not read yet": len(found - known),
        "files read and gone since": len(known - found),
    }
