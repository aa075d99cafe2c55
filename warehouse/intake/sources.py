"""Source mappings in their folder, and the landing files that they read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.mapping.code_tables import CodeTable
from transforms.mapping.path_pattern import Period, unpacked
from transforms.mapping.sections import FileMapping
from transforms.mapping.source import Source, source_of
from warehouse.intake.landing_place import Landing, landing_at
from warehouse.intake.table_lines import TableLines
from warehouse.store.digests import digest_of, text_sha256


@dataclass(frozen=True, slots=True, eq=False)
class LandingFile:
    """One file that a source reads.

    Attributes:
        path: Relative to the landing folder, with forward slashes.
        source: Source that reads it.
        mapping: File section of the source.
        period: First and last day that its path names; None if it names none.
        code_tables: Every code table that its lines are looked up in.
        marks: Of each of them, as it was when the file was read first; see TableLines.
    """

    path: str
    source: Source
    mapping: FileMapping
    period: Period | None
    code_tables: Mapping[CodeTable, TableLines] = field(default_factory=dict)
    marks: tuple[list[Any], ...] = ()

    @property
    def mapping_digest(self) -> str:
        """Return the SHA-256 of all that the file is read by: the mapping and its code tables."""
        if not self.code_tables:
            return self.source.digest
        digests = [digest for _, digest in self.marks]
        tables = digest_of(list(zip(self.code_tables, digests, strict=True)))
        return text_sha256(f"{self.source.digest}\n{tables}")

    def as_read(self, record: dict[str, Any]) -> "LandingFile":
        """Return the file as a record has it, if its code tables still say what it was read by.

        Args:
            record: Of these very bytes. A line that found nothing might find something now, and by
                another mapping it might have looked up what its tables did not have then.
        """
        before = replace(self, marks=tuple(record.get("tables", ())))
        if not self.marks or len(before.marks) != len(self.marks) or record.get("unfound", 1):
            return self
        still = zip(self.code_tables.values(), before.marks, strict=True)
        is_same = before.mapping_digest == record["mapping"]
        return before if is_same and all(t.still_says(mark) for t, mark in still) else self


def read_sources(folder: Path) -> tuple[Source, ...]:
    """Read every `*.toml` of a folder, sorted by name.

    Raises:
        RefusedError: There is none, or one is wrong; names file, line, key and nearest valid name.
    """
    paths = sorted(path for path in Path(folder).glob("*.toml") if not path.name.startswith("."))
    if not paths:
        raise RefusedError(
            f"Sources {folder}: no mapping there. Write <name>.toml, or set LIMITWISE_SOURCES to "
            "the folder of yours."
        )
    return tuple(_source(path) for path in paths)


def _source(path: Path) -> Source:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise RefusedError(f"{name}: not UTF-8 text. Save it as UTF-8.") from None
    return source_of(Declared(text, name), path.stem)


def connections_named(sources: Iterable[Source]) -> list[str]:
    """Return the ids of the connections that the query sections of mappings name, sorted."""
    queries = (file.query for source in sources for file in source.files)
    return sorted({query.connection for query in queries if query})


def landing_files(source: Source, landing: Landing | Path) -> list[LandingFile]:
    """Return the files that a source reads, sorted by path; dot-names are ignored.

    Raises:
        RefusedError: The folder is absent, a file leads out of it or is no plain file, a file
            belongs to two sections, or lies there both plain and compressed.
    """
    files, place = [], landing_at(landing)
    for path in place.names():
        mappings = [mapping for mapping in source.files if mapping.pattern.matches(path)]
        if len(mappings) > 1:
            names = " and ".join(mapping.name for mapping in mappings)
            raise RefusedError(
                f"Landing file {path}: matches the files {names} of source {source.name}. "
                "Make the paths of the mapping exclude each other."
            )
        if mappings:
            place.require_plain(path)
            period = mappings[0].pattern.period(path)
            files.append(LandingFile(path, source, mappings[0], period))
    _require_once(files)
    return files


def _require_once(files: list[LandingFile]) -> None:
    """Refuse a file that lies there twice, plain and compressed: one of the two is out of date."""
    by_name: dict[str, str] = {}
    for file in files:
        other = by_name.setdefault(unpacked(file.path), file.path)
        if other != file.path:
            raise RefusedError(
                f"Landing files {other} and {file.path}: one file, packed in two ways. Keep the "
                "one that is right, and move the other out of the landing folder."
            )


def missing_files(
    source: Source,
    files: Iterable[LandingFile],
    first_month: date,
    last_month: date,
    *,
    optional: bool = False,
) -> list[str]:
    """Return the paths that months `first_month` to `last_month` must have and have not.

    A file that is expected once is expected whatever the months.

    Args:
        source: The source.
        files: What `landing_files` found for it.
        first_month: First day of the first month.
        last_month: First day of the last month.
        optional: Return those that the months may have and have not instead.
    """
    there = {
        (file.mapping.name, file.period if file.mapping.every != "once" else None) for file in files
    }
    return [
        path
        for mapping in source.files
        if mapping.optional == optional
        for path in _expected_and_absent(mapping, there, first_month, last_month)
    ]


def _expected_and_absent(
    mapping: FileMapping, there: set, first_month: date, last_month: date
) -> Iterable[str]:
    if mapping.every == "pull":  # nothing new in the database is no file
        return []
    if mapping.every == "once":
        return [] if (mapping.name, None) in there else [mapping.pattern.text]
    expected = mapping.pattern.expected(first_month, last_month)
    return [path for period, path in expected if (mapping.name, period) not in there]


def unclaimed_files(sources: Iterable[Source], landing: Landing | Path) -> list[str]:
    """Return the files that no source reads, sorted: misnamed ones, or not yet mapped."""
    patterns = [mapping.pattern for source in sources for mapping in source.files]
    paths = landing_at(landing).names()
    return [path for path in paths if not any(p.matches(path) for p in patterns)]
