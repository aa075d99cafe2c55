"""Code tables: files of the landing folder in which other files look something up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.declared import Declared, Path, nearest

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
    def is_ambiguous(self) -> pl.Expr:
        """Return whether the table has the key with different values; see `looked_up`."""
        return pl.col(f"ambiguous {self.column}")

    @property
    def found(self) -> pl.Expr:
        """Return the text found; null where the key is unknown or nothing stands beside it."""
        return pl.when(pl.col(self.column) != "").then(pl.col(self.column))

    @property
    def is_unknown(self) -> pl.Expr:
        """Return whether there is a key and the table has no such line."""
        nothing = pl.col(self.column).is_null() & ~self.is_ambiguous
        return pl.col(f"text:{self.field}").is_not_null() & nothing

    @property
    def found_nothing(self) -> pl.Expr:
        """Return whether there is a key of which the table tells nothing."""
        return (
            pl.col(f"text:{self.field}").is_not_null() & self.found.is_null() & ~self.is_ambiguous
        )

    @property
    def fault(self) -> pl.Expr:
        """Return the reason why nothing is found; null where something, or no key, is there."""
        ambiguous = pl.when(self.is_ambiguous).then(pl.lit("conflicting_code"))
        return ambiguous.when(self.is_unknown).then(pl.lit("unknown_code"))


# What every table says: `key` and `value`, texts; an empty value is a key with nothing beside it,
# and null one whose lines have different values.
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
    """Add what is found for every lookup: null without such a key, else a text or an empty one.

    Beside it stands whether the table has the key with different values: then it is null, too.

    Args:
        texts: `text:<field>` of every line.
        lookups: What is looked up.
        tables: Content of every table that is read.
    """
    added = []
    for lookup in set(lookups):
        key, rows = pl.col(f"text:{lookup.field}"), tables[lookup.table]
        found = key.replace_strict(
            rows["key"], rows["value"], default=None, return_dtype=pl.String()
        )
        twice = rows.filter(pl.col("value").is_null())["key"]
        ambiguous = key.is_in(twice.implode()) if len(twice) else pl.lit(False)
        added += [found.alias(lookup.column), ambiguous.alias(f"ambiguous {lookup.column}")]
    return texts.with_columns(added)


def table_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Make a code table of the lines of its files.

    Args:
        rows: `key` and `value`, of every line of every file; null where nothing stands.

    Returns:
        `key`, each once, and `value`: empty where nothing stands beside the key in any line, null
        where two of its lines have different ones.
    """
    pairs = (
        rows.filter(pl.col("key").is_not_null())
        .with_columns(pl.col("value").fill_null(""))
        .unique(["key", "value"], keep="first", maintain_order=True)
        .filter((pl.col("value") != "") | (pl.len().over("key") == 1))
    )
    one = pl.when(~pl.col("key").is_duplicated()).then("value").alias("value")
    return pairs.select("key", one).unique("key", keep="first", maintain_order=True)
