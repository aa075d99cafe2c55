"""Code tables: files of the landing folder in which other files look something up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.errors import RefusedError

KEYS = ("file", "key", "value")


@dataclass(frozen=True, slots=True, order=True)
class CodeTable:
    """Two fields of the lines of a file section: what is looked up, and what stands beside it."""

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """A field whose text is looked up in a code table."""

    field: str
    table: CodeTable

    @property
    def column(self) -> str:
        """Return the name of the column with what was found; see `looked_up`."""
        return f"found:{self.field} in {self.table.file} {self.table.key} {self.table.value}"

    @property
    def found(self) -> pl.Expr:
        """Return the text found; null where the key is unknown or nothing stands beside it."""
        return pl.when(pl.col(self.column) != "").then(pl.col(self.column))

    @property
    def is_unknown(self) -> pl.Expr:
        """Return whether there is a key and the table has no such line."""
        return pl.col(f"text:{self.field}").is_not_null() & pl.col(self.column).is_null()


# What every table says: `key` and `value`, texts; an empty value is a key with nothing beside it.
Tables = Mapping[CodeTable, pl.DataFrame]


def is_table(codes: object) -> bool:
    """Return whether `codes` names a file instead of listing codes."""
    return isinstance(codes, dict) and "file" in codes and bool({"key", "value"} & codes.keys())


def code_table_of(declared: Declared, path: Path, codes: dict) -> CodeTable:
    """Read `codes = { file = "loans", key = "loan", value = "user" }`.

    Args:
        declared: The mapping.
        path: Of the entry that has the codes.
        codes: What it has.

    Raises:
        RefusedError: A key is wrong, or no file section has the name.
    """
    for key in (*codes, *KEYS):
        if key not in KEYS:
            raise declared.refused(path, f"unknown key {key!r} in codes.{nearest(key, KEYS)}")
        if not isinstance(codes.get(key), str) or not codes[key]:
            raise declared.refused(
                path,
                f"{key} of codes is {codes.get(key)!r}. Write "
                '{ file = "name of a [[file]]", key = "field", value = "field" }.',
            )
    sections, queries = _names(declared, "file"), _names(declared, "query")
    if codes["file"] in queries:
        raise declared.refused(
            path,
            f"{codes['file']!r} is a [[query]], and codes look up in a [[file]]. Let a query join "
            "its tables itself, in sql; for other lines deliver the table as a file.",
        )
    if codes["file"] not in sections:
        raise declared.refused(
            path, f"no [[file]] has the name {codes['file']!r}.{nearest(codes['file'], sections)}"
        )
    return CodeTable(codes["file"], codes["key"], codes["value"])


def _names(declared: Declared, key: str) -> list[str]:
    """Return the names of the `[[file]]` or `[[query]]` sections."""
    given = declared.data.get(key, [])
    return [str(section.get("name")) for section in given if isinstance(section, dict)]


def looked_up(texts: pl.DataFrame, lookups: Iterable[Lookup], tables: Tables) -> pl.DataFrame:
    """Add what is found for every lookup: null without a such a key, else a text or an empty one.

    Args:
        texts: `text:<field>` of every line.
        lookups: What is looked up.
        tables: Content of every table that is read.
    """
    return texts.with_columns(
        pl.col(f"text:{lookup.field}")
        .replace_strict(
            tables[lookup.table]["key"],
            tables[lookup.table]["value"],
            default=None,
            return_dtype=pl.String(),
        )
        .alias(lookup.column)
        for lookup in set(lookups)
    )


def table_of(rows: pl.DataFrame, table: CodeTable) -> pl.DataFrame:
    """Make a code table of the lines of its files.

    Args:
        rows: `path`, `source_line`, `key` and `value`, of every line of every file; null where
            nothing stands.
        table: Names the fields.

    Returns:
        `key`, each once, and `value`, empty where nothing stands beside the key.

    Raises:
        RefusedError: A key stands twice with different values.
    """
    rows = rows.filter(pl.col("key").is_not_null()).with_columns(pl.col("value").fill_null(""))
    pairs = rows.unique(["key", "value"], keep="first", maintain_order=True)
    twice = pairs.filter(pl.col("key").is_duplicated())
    if twice.height:
        one, other = twice.filter(pl.col("key") == twice["key"][0]).head(2).iter_rows(named=True)
        raise RefusedError(
            f"Code table {table.file}, {other['path']} line {other['source_line']}: {table.key} "
            f"{other['key'][:80]!r} has {table.value} {other['value'][:80]!r}, but in "
            f"{one['path']} line {one['source_line']} it has {one['value'][:80]!r}. "
            "Correct the file, so that each key has one value."
        )
    return pairs.select("key", "value")
