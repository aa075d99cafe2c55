"""Landing files made of lines whose fate is known, in every format, encoding and packing."""

import gzip
import io
import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

FIELDS = ("id", "user", "at", "kind", "amount")
WIDTHS = {"id": 6, "user": 8, "at": 26, "kind": 6, "amount": 14}
UNDECODABLE = {"utf-8": b"\xff", "gb18030": b"\xff", "utf-16-le": b"\x00\xdc", "latin-1": b""}

_TEMPLATE = """
  [[file.event]]
  event_id = "@id"
  user_id = "@user"
  occurred_at = "@at"
  event_type = { column = "@kind", codes = { pay = "purchase", back = "refund" } }
  amount_cents = { column = "@amount", unit = "main" }
"""


def _spans() -> str:
    spans, first = [], 1
    for name, width in WIDTHS.items():
        spans.append(f"{name} = [{first}, {first + width - 1}]")
        first += width
    return f"columns = {{ {', '.join(spans)} }}"


@dataclass(frozen=True)
class Kind:
    """One way to write a file: a file section of the mapping, fields within an object or not."""

    name: str
    format: str
    encoding: str = "utf-8"
    keys: str = ""
    has_header: bool = False
    within: str = ""

    @property
    def section(self) -> str:
        """Return the section as TOML."""
        encoding = "" if self.format == "parquet" else f'encoding = "{self.encoding}"\n'
        return (
            f'[[file]]\nname = "{self.name}"\npath = "{self.name}/{{date}}-*.log"\n'
            f'format = "{self.format}"\nevery = "once"\n{encoding}{self.keys}\n'
            + _TEMPLATE.replace("@", f"{self.within}." if self.within else "")
        )


KINDS = (
    Kind("json", "jsonl"),
    Kind("deep", "jsonl", within="event"),
    Kind("table", "csv", has_header=True),
    Kind("gb", "csv", "gb18030", 'delimiter = ";"\nquote = "\'"', has_header=True),
    Kind("wide", "csv", "utf-16-le", 'delimiter = "\\t"', has_header=True),
    Kind("bare", "csv", keys=f"header = false\ncolumns = {json.dumps([*FIELDS, 'x'])}"),
    Kind("fixed", "fixed", "latin-1", _spans()),
    Kind("rows", "parquet"),
    Kind("struct", "parquet", within="event"),
)


def mapping_of(kinds) -> str:
    """Return a mapping with a section for each of some kinds."""
    head = 'source = "shop"\nmode = "live"\ncredit_from = "ledger"\nmost_bad_bps = 10000\n'
    return head + "".join(kind.section for kind in KINDS if kind in kinds)


@dataclass(frozen=True)
class Line:
    """One line and its fate: `good`, `bad` or `blank`.

    Attributes:
        values: Texts of the fields; of a good line also its content.
        raw: What is written in place of the fields, if the line is broken as a line.
    """

    fate: str
    values: tuple[str, ...] = ()
    raw: bytes | None = None


GOOD = st.builds(
    lambda number, user, day, kind, cents: Line(
        "good",
        (f"e{number}", user, f"2026-10-0{day}T08:31:07+08:00", kind, f"{cents / 100:.2f}"),
    ),
    st.integers(1, 60),
    st.sampled_from(["ana", "bo", "dai"]),
    st.integers(1, 5),
    st.sampled_from(["pay", "back"]),
    st.integers(0, 3),
)
WRONG_VALUES = (
    ("id", ""),
    ("user", " "),
    ("at", "2026-10-05T08:31:07"),
    ("at", "2026-10-05"),
    ("at", "yesterday"),
    ("at", "2199-10-05T08:31:07Z"),
    ("kind", "paid"),
    ("kind", ""),
    ("amount", ""),
    ("amount", "1e2"),
    ("amount", "12,50"),
    ("amount", "0.005"),
    ("amount", "-1"),
    ("amount", "99999999999999"),
    ("amount", "NaN"),
)


def _wrong(line: Line, wrong: tuple[str, str]) -> Line:
    values = dict(zip(FIELDS, line.values, strict=True)) | {wrong[0]: wrong[1]}
    return Line("bad", tuple(values.values()))


BROKEN = {
    "jsonl": (
        b'{"id":"e1","user":"ana"',
        b"[1, 2]",
        b'"ana"',
        b"{} {}",
        b'{"id":"e1","id":"e2"}',
        b'{"id":"e1","user":{"name":"ana"}}',
        b'{"id":NaN}',
        b'{"id":"\x00"}',
        b"[" * 2_000,
        b'{"id":"e\\ud800"}',
    ),
    "csv": (b"a", b"a" * 600, b"\x00", b"\"'"),
    "fixed": (b"short", b"\x00" * 80),
    "parquet": (),
}


def lines_of(kind: Kind) -> st.SearchStrategy[Line]:
    """Return lines as a file of a kind may hold them."""
    bad = st.builds(_wrong, GOOD, st.sampled_from(WRONG_VALUES))
    if kind.format == "parquet":
        return GOOD | bad
    wide = kind.encoding.startswith("utf-16")
    broken = [
        raw.decode("latin-1").encode(kind.encoding) if wide else raw for raw in BROKEN[kind.format]
    ]
    if UNDECODABLE[kind.encoding]:
        broken.append(UNDECODABLE[kind.encoding])
    blank = st.sampled_from(["", " ", "  "]).map(
        lambda t: Line("blank", raw=t.encode(kind.encoding))
    )
    return GOOD | bad | st.sampled_from(broken).map(lambda raw: Line("bad", raw=raw)) | blank


@dataclass(frozen=True)
class File:
    """A file as it is delivered.

    Attributes:
        kind: How it is written.
        lines: Its lines.
        end: Of each line.
        is_ended: The last line has an end too.
        packing: Ending of the name: empty, `.gz` or `.zst`.
        has_mark: It begins with a byte order mark.
    """

    kind: Kind
    lines: tuple[Line, ...]
    end: str
    is_ended: bool
    packing: str
    has_mark: bool

    @property
    def content(self) -> bytes:
        """Return its bytes."""
        if self.kind.format == "parquet":
            return _parquet(self.kind, self.lines)
        encoding = self.kind.encoding
        mark = "\ufeff".encode(encoding) if self.has_mark else b""
        header = [Line("header", FIELDS)] if self.kind.has_header else []
        written = [_written(self.kind, line) for line in (*header, *self.lines)]
        end = self.end.encode(encoding)
        content = mark + end.join(written) + (end if self.is_ended and written else b"")
        if self.packing == ".gz":
            return gzip.compress(content)
        return pa.compress(content, "zstd", asbytes=True) if self.packing else content

    @property
    def fates(self) -> list[str]:
        """Return the fate of each line, repeated events aside."""
        fates = [line.fate for line in self.lines]
        if not self.is_ended and not self.packing and self.kind.format in ("csv", "fixed"):
            fates[-1] = "bad"  # the file may have been cut within it
        return fates


def _written(kind: Kind, line: Line) -> bytes:
    if line.raw is not None:
        return line.raw
    values = dict(zip(FIELDS, line.values, strict=True))
    if kind.format == "jsonl":
        values = {kind.within: values} if kind.within else values
        return json.dumps(values | {"secret": [1, {"x": None}]}).encode()
    if kind.format == "fixed":
        return "".join(values[f].ljust(WIDTHS[f]) for f in FIELDS).encode(kind.encoding)
    delimiter = {"gb": ";", "wide": "\t"}.get(kind.name, ",")
    quote = "'" if kind.name == "gb" else '"'
    more = [] if kind.has_header else ["x"]
    texts = [f"{quote}{text}{quote}" if delimiter in text else text for text in values.values()]
    return delimiter.join([*texts, *more]).encode(kind.encoding)


def _parquet(kind: Kind, lines: tuple[Line, ...]) -> bytes:
    columns = {
        f: pa.array([line.values[n] for line in lines], pa.string()) for n, f in enumerate(FIELDS)
    }
    if kind.within:
        columns = {kind.within: pa.StructArray.from_arrays(columns.values(), columns.keys())}
    out = io.BytesIO()
    pq.write_table(pa.table(columns | {"secret": pa.nulls(len(lines))}), out, row_group_size=3)
    return out.getvalue()


@st.composite
def files(draw) -> File:
    """Draw a file of any kind."""
    kind = draw(st.sampled_from(KINDS))
    lines = tuple(draw(st.lists(lines_of(kind), max_size=8)))
    is_text = kind.format != "parquet"
    may_be_open = bool(lines) and lines[-1].fate != "blank" and lines[-1].raw != b""
    return File(
        kind=kind,
        lines=lines,
        end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        is_ended=not (may_be_open and draw(st.booleans())),
        packing=draw(st.sampled_from(["", ".gz", ".zst"])) if is_text else "",
        has_mark=is_text and kind.encoding != "latin-1" and draw(st.booleans()),
    )
