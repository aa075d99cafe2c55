"""The rows of one Parquet landing file, some at a time."""

from collections.abc import Iterable, Iterator

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.csv_lines import require_fields
from warehouse.intake.landing_bytes import LandingBytes

BATCH_ROWS = 200_000


def parquet_batches(
    content: LandingBytes,
    fields: tuple[str, ...],
    batch_rows: int = BATCH_ROWS,
    placeholders: tuple[str, ...] = (),
) -> Iterator[tuple[int, pl.DataFrame, tuple[str, ...]]]:
    """Yield the rows of a file: number of the first one, the fields asked for, names of all.

    Texts come as Binary, because Parquet does not promise that they are UTF-8.

    Args:
        content: The file.
        fields: Names of the fields to read, `customer.id` of the field `id` of the struct
            `customer`; the others stay on the disk.
        batch_rows: Rows held at a time.
        placeholders: Names that `repeat` of the mapping fills in, for the message.

    Raises:
        RefusedError: It is no Parquet, is damaged or cut, lacks a field, or changed meanwhile.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    where, first = f"Landing file {content.path}", 1
    if content.is_compressed:
        raise RefusedError(
            f"{where}: Parquet is compressed within itself. Unpack the file and deliver it so."
        )
    with content.seekable() as file:
        try:
            parquet = ParquetFile(file)
            leaves = tuple(_leaves(parquet.schema_arrow))
            names = tuple(map(".".join, leaves))
            require_fields(names, fields, where, "schema", placeholders=placeholders)
            read = {field: leaves[names.index(field)] for field in fields}
            for batch in parquet.iter_batches(batch_rows, columns=list(fields)):
                yield first, _frame(batch, read), names
                first += batch.num_rows
        except (ArrowException, OSError) as problem:
            raise RefusedError(
                f"{where} row {first} or later: not Parquet that can be read "
                f"({str(problem).splitlines()[0][:200]}). Deliver it again, or move it out of the "
                "landing folder."
            ) from None
        if first == 1 and parquet.metadata.num_rows == 0:
            yield first, pl.DataFrame(schema=dict.fromkeys(fields, pl.String())), names


def _leaves(fields: Iterable, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the names that lead to each column that is no struct, the outermost first."""
    from pyarrow import types

    for field in fields:
        names = (*within, field.name)
        if types.is_struct(field.type) and field.type.num_fields:
            yield from _leaves(field.type, names)
        else:
            yield names


def _frame(batch, read: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return the columns of an Arrow batch as Polars holds them, each by the names to it."""
    from pyarrow.compute import struct_field

    columns = []
    for field, (outermost, *within) in read.items():
        column = batch.column(outermost)
        column = struct_field(column, within) if within else column
        columns.append(pl.Series(field, pl.from_arrow(_plain(column))))
    return pl.DataFrame(columns) if columns else pl.DataFrame(height=batch.num_rows)


def _plain(column):
    """Return a column without what Polars does not know, texts as bytes."""
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.DictionaryType):
        return _plain(column.dictionary_decode())
    if isinstance(kind, pa.UuidType):
        return pa.array([value and str(value).encode() for value in column.to_pylist()])
    if isinstance(kind, pa.ExtensionType):
        return _plain(column.storage)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.large_binary())
    if pa.types.is_decimal256(kind):
        return column.cast(pa.string()).cast(pa.large_binary())
    return column
