"""Files of the demo: each appears whole under its name, or not at all."""

import io
from pathlib import Path

import polars as pl

from demo.errors import DemoError


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` under a name that begins with a dot, then rename it.

    Raises:
        DemoError: The folder cannot be written to.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as failure:
        raise DemoError(
            f"{path}: cannot be written, {failure.strerror}. Free space or choose another folder."
        ) from failure


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as Parquet; equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    write_bytes(path, buffer.getvalue())


def write_lines(path: Path, lines: pl.Series) -> None:
    """Write one line of text per entry; no entry gives an empty file."""
    text = "".join(f"{line}\n" for line in lines.to_list())
    write_bytes(path, text.encode())


def write_csv(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as CSV with a header; nulls are empty fields."""
    write_bytes(path, frame.write_csv().encode())
