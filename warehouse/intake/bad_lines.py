"""Bad lines: whether their share is one that an extraction bears, and which they are."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.masking import hidden_targets
from transforms.mapping.source import Source
from warehouse.intake.duplicate_lines import Repeated
from warehouse.intake.spool import Spool
from warehouse.printing import percent_of_bps

TOO_BAD = "too_bad"  # note of the staging of a refused run: when it began, and its sections
_SHOWN = 5
_FILES_SHOWN = 3


def require_good_enough(spool: Spool, found: Repeated) -> None:
    """Refuse an extraction with more bad lines of a file section than its source bears.

    Args:
        spool: What was read.
        found: Events delivered twice; lines that contradict each other are bad lines too.

    Raises:
        RefusedError: The share is too large; names the first bad lines.
    """
    lines, bad, conflicts = Counter(), Counter(), found.conflicting
    for read in spool.reads:
        if read.taken.known:  # its lines were borne when they came
            continue
        section = (read.taken.source, read.taken.file.mapping.name)
        lines[section] += read.figures.lines
        bad[section] += read.figures.quarantined + conflicts[read.figures.file_id]
    for (source, section), count in bad.items():
        of = lines[source, section]
        if not source.bears(count, of):
            raise RefusedError(
                f"Source {source.name}, files {section}: {count:,} of {of:,} lines are bad "
                f"({count * 100 / of:.2f} %, allowed are {percent_of_bps(source.most_bad_bps)}). "
                f"The first: {_first(spool, found, source, section)}. `limitwise quarantine` shows "
                "all, `limitwise source check FILE --lines N` reads a file again. Correct files or "
                "mapping, or allow more by most_bad_bps, and run again; nothing was published."
            )


def worse_than_their_section(
    sources: Iterable[Source], intake: Iterable[dict[str, Any]]
) -> list[str]:
    """Return a warning of the files that alone have more bad lines than their source bears.

    Args:
        sources: The sources.
        intake: Records of the files that an extraction read.
    """
    by_name = {source.name: source for source in sources}
    told = []
    for record in sorted(intake, key=lambda record: record["path"]):
        source, of = by_name.get(record["source"]), record["lines"]
        bad = record["quarantined"] - record["overruled"]
        if source and not source.bears(bad, of):
            told.append(f"{record['path']} ({bad:,} of {of:,} lines, {bad * 100 / of:.2f} %)")
    more = f" and {len(told) - _FILES_SHOWN:,} more" if len(told) > _FILES_SHOWN else ""
    listed = ", ".join(told[:_FILES_SHOWN])
    return [f"files that alone have too many bad lines: {listed}{more}"] if told else []


def _first(spool: Spool, found: Repeated, source: Source, section: str) -> str:
    """Return the first bad lines of a file section."""
    files = {
        read.figures.file_id: (
            read.taken.file.path,
            source.name,
            sorted(hidden_targets(read.taken.file.mapping)),
        )
        for read in spool.reads
        if (read.taken.source, read.taken.file.mapping.name) == (source, section)
    }
    about = [(file_id, *told) for file_id, told in files.items()]
    texts = dict.fromkeys(("file_id", "file_path", "source"), pl.String())
    texts["hidden"] = pl.List(pl.String())
    refused = [spool.quarantine.take(month).collect() for month in spool.quarantine.rows]
    of_files = pl.DataFrame(about, schema=texts, orient="row")
    refused.append(found.refused(of_files, spool.lake.device_key))
    rows = pl.concat(refused).filter(pl.col("file_id").is_in(list(files)))
    return "; ".join(
        f"{row['file_path']} line {row['source_line']}"
        f"{' column ' + row['column'] if row['column'] else ''}: {row['reason']}"
        f"{' (' + repr(row['found'][:40]) + ')' if row['found'] else ''}"
        for row in rows.sort("file_path", "source_line").head(_SHOWN).iter_rows(named=True)
    )
