"""Formats, encodings, line ends and compressions: all end in the same rows."""

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, OCTOBER, line, load, put, source
from transforms.errors import RefusedError
from warehouse.intake.landing_bytes import LandingBytes
from warehouse.intake.landing_parquet import parquet_batches

CSV_BODY = "ana,2026-10-31,500\nbo,2026-10-31,12.50\n"


def declared(**keys):
    """Return `LIMITS` with more keys of the file section, given as TOML."""
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return LIMITS.replace('every = "month"\n', f'every = "month"\n{lines}')


def limits(tables):
    return tables["events"].select("user_id", "amount_cents", "source_line").rows()


def refusals(tables):
    return tables["quarantine"].select("source_line", "column", "reason").rows()


def zst(content):
    return pa.compress(content, codec="zstd", asbytes=True)


@pytest.mark.parametrize(("ending", "pack"), [("", bytes), (".gz", gzip.compress), (".zst", zst)])
def test_a_compressed_file_gives_the_rows_of_the_plain_one(tmp_path, ending, pack):
    content = (line(id='"a"') + "\n" + line(id='"b"') + "\n").encode()

    figures, tables = load(tmp_path, FIFTH + ending, pack(content))

    assert tables["events"]["event_id"].to_list() == ["a", "b"]
    assert (figures.lines, figures.loaded) == (2, 2)


def test_a_zst_file_of_several_frames_is_read_whole(tmp_path):
    content = zst((line(id='"a"') + "\n").encode()) + zst((line(id='"b"') + "\n").encode())

    _, tables = load(tmp_path, f"{FIFTH}.zst", content)

    assert tables["events"]["event_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize("damage", ["cut", "cut at the end", "junk", "empty"])
@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".zst", zst)])
def test_a_damaged_compressed_file_is_refused_with_its_line(tmp_path, ending, pack, damage):
    packed = pack("".join(line(id=f'"{i}"') + "\n" for i in range(999)).encode())
    broken = {
        "cut": packed[: len(packed) // 2],
        "cut at the end": packed[:-1],
        "junk": b"\x93no such thing",
        "empty": b"",
    }[damage]

    with pytest.raises(RefusedError) as refused:
        load(tmp_path, FIFTH + ending, broken, block_bytes=1_000)

    assert str(refused.value).startswith(f"Landing file {FIFTH}{ending} line ")
    assert "Deliver it again, or move it out of the landing folder." in str(refused.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_bytes", [1 << 20, 1, 7])
def test_a_line_ends_with_lf_crlf_or_cr(tmp_path, end, block_bytes):
    content = f"user,date,limit\n{CSV_BODY}".replace("\n", end)

    figures, tables = load(tmp_path, OCTOBER, content, LIMITS, block_bytes=block_bytes)

    assert limits(tables) == [("ana", 50_000, 2), ("bo", 1_250, 3)]
    assert (figures.lines, figures.loaded) == (2, 2)


def test_line_ends_may_be_mixed_and_an_empty_line_between_two_is_blank(tmp_path):
    content = "\r\n".join(['a\r{"id":', "\r"]) + "\n\n\r" + line()

    figures, tables = load(tmp_path, FIFTH, content)

    assert [number for number, _, _ in refusals(tables)] == [1, 2]
    assert tables["events"]["source_line"].to_list() == [len(content.encode().splitlines())]
    assert figures.lines == figures.loaded + figures.quarantined + figures.blank


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("gb18030", b""),
        ("gb18030", b"\x84\x31\x95\x33"),
        ("big5", b""),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-16-le", b"\xff\xfe"),
    ],
)
@pytest.mark.parametrize("block_bytes", [1 << 20, 3])
def test_a_declared_encoding_is_read(tmp_path, encoding, mark, block_bytes):
    content = mark + "user,date,limit\n林小明,2026-10-31,500\n".encode(encoding)
    mapping = declared(encoding=f'"{encoding}"')

    _, tables = load(tmp_path, OCTOBER, content, mapping, block_bytes=block_bytes)

    assert limits(tables) == [("林小明", 50_000, 2)]


@pytest.mark.parametrize(
    ("content", "because"),
    [
        ("é\n".encode("utf-16"), "the mark says which byte comes first"),
        (b"\xfe\xff" + "é\n".encode("utf-16-be"), "the mark says big-endian"),
        ("é\n".encode("utf-16-le"), "without a mark it is little-endian, as Windows writes"),
    ],
)
def test_utf_16_goes_by_its_byte_order_mark(tmp_path, content, because):
    mapping = LIMITS.replace('format = "csv"', 'format = "csv"\nencoding = "utf-16"')
    rows = f"\ufeff{'user,date,limit'}\né,2026-10-31,500\n"
    order = "utf-16-be" if content.startswith(b"\xfe\xff") else "utf-16-le"
    rows = rows if content[:2] in (b"\xfe\xff", b"\xff\xfe") else rows[1:]

    _, tables = load(tmp_path, OCTOBER, rows.encode(order), mapping)

    assert limits(tables) == [("é", 50_000, 2)], because


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "ISO-8859-1"])
def test_a_western_encoding_is_read_and_its_name_may_be_in_capitals(tmp_path, encoding):
    content = "user,date,limit\nandré,2026-10-31,500\n".encode(encoding)

    _, tables = load(tmp_path, OCTOBER, content, declared(encoding=f'"{encoding}"'))

    assert limits(tables) == [("andré", 50_000, 2)]


@pytest.mark.parametrize(
    ("encoding", "bad", "reason"),
    [
        ("utf-8", b"\xff", "not_utf8"),
        ("gb18030", b"\x81", "not_in_encoding"),
        ("windows-1252", b"\x81", "not_in_encoding"),
        ("utf-16-le", b"\x00\xdc", "not_in_encoding"),  # the second half of a pair, alone
    ],
)
def test_bytes_that_do_not_fit_the_encoding_refuse_their_line_only(tmp_path, encoding, bad, reason):
    first, second = "user,date,limit\nbo", ",2026-10-31,500\nana,2026-10-31,500\n"
    content = first.encode(encoding) + bad + second.encode(encoding)

    _, tables = load(tmp_path, OCTOBER, content, declared(encoding=f'"{encoding}"'))

    assert refusals(tables) == [(2, None, reason)]
    assert limits(tables) == [("ana", 50_000, 3)]


def test_half_a_character_of_utf_16_at_the_end_costs_the_last_line_only(tmp_path):
    content = "user,date,limit\nana,2026-10-31,500\nbo".encode("utf-16-le") + b"x"

    _, tables = load(tmp_path, OCTOBER, content, declared(encoding='"utf-16-le"'))

    assert refusals(tables) == [(3, None, "cut_off")]
    assert limits(tables) == [("ana", 50_000, 2)]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "~", ":", "\x01"])
def test_a_csv_delimiter_is_declared(tmp_path, delimiter):
    content = f"user,date,limit\n{CSV_BODY}".replace(",", delimiter)
    written = f'"\\u{ord(delimiter):04x}"'

    _, tables = load(tmp_path, OCTOBER, content, declared(delimiter=written))

    assert limits(tables) == [("ana", 50_000, 2), ("bo", 1_250, 3)]


@pytest.mark.parametrize(
    ("quote", "user", "read_as"),
    [
        ("'\"'", '"b,""o"""', 'b,"o"'),
        ('"\'"', "'b,''o'''", "b,'o'"),
        ('"\'"', 'b"o', 'b"o'),
        ('""', "\"b'o", "\"b'o"),
    ],
)
def test_a_csv_quote_is_declared(tmp_path, quote, user, read_as):
    content = f"user,date,limit\n{user},2026-10-31,500\n"

    _, tables = load(tmp_path, OCTOBER, content, declared(quote=quote))

    assert limits(tables) == [(read_as, 50_000, 2)]


def test_a_csv_record_over_several_lines_is_refused_line_by_line(tmp_path):
    content = 'user,date,limit,note\nbo,2026-10-31,500,"one\ntwo\n"\nana,2026-10-31,500,\n'

    figures, tables = load(tmp_path, OCTOBER, content, LIMITS)

    assert refusals(tables) == [
        (2, None, "quoting"),
        (3, None, "field_count"),
        (4, None, "quoting"),
    ]
    assert limits(tables) == [("ana", 50_000, 5)]
    assert (figures.lines, figures.quarantined) == (4, 3)


NO_HEADER = declared(header="false", columns='["user", "date", "limit", "note"]')


def test_a_csv_file_without_a_header_has_the_columns_that_the_mapping_names(tmp_path):
    content = "ana,2026-10-31,500,x\nbo,2026-10-31,12.50\n"

    figures, tables = load(tmp_path, OCTOBER, content, NO_HEADER)

    assert limits(tables) == [("ana", 50_000, 1)]
    assert refusals(tables) == [(2, None, "field_count")]
    assert figures.dropped_fields == ["note"]


def test_a_no_break_space_is_a_space_as_an_export_of_windows_writes_it(tmp_path):
    mapping = declared(encoding='"windows-1252"', delimiter='";"').replace(
        'unit = "main" }', 'unit = "main", decimal = ",", thousands = " " }'
    )
    content = "user\xa0;date;limit\nana\xa0;2026-10-31;1\xa0234,50\n\xa0bo; 2026-10-31;\xa07,00\n"

    _, tables = load(tmp_path, OCTOBER, content.encode("windows-1252"), mapping)

    assert refusals(tables) == []
    assert limits(tables) == [("ana", 123_450, 2), ("bo", 700, 3)]


PARQUET = BEHAVIOUR.replace(".jsonl", ".parquet").replace('"jsonl"', '"parquet"')
DAY = "behaviour/2026-10-05.parquet"
GOOD = {
    "id": ["e1"],
    "user": ["ana"],
    "at": [datetime(2026, 10, 5, 0, 31, 7, tzinfo=UTC)],
    "kind": ["pay"],
    "amount": [Decimal("12.50")],
    "device": ["d7f"],
    "channel": [None],
}


def parquet(**columns):
    """Return a Parquet file of `GOOD` rows, columns replaced by others."""
    given = GOOD | columns
    longest = max(len(values) for values in given.values())
    table = pa.table({n: v * longest if n not in columns else v for n, v in given.items()})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=2)
    return out.getvalue()


def test_a_row_of_parquet_is_a_line(tmp_path):
    content = parquet(id=["a", "b", None], secret=[1, 2, 3])

    figures, tables = load(tmp_path, DAY, content, PARQUET)

    assert tables["events"].select("event_id", "source_line", "amount_cents").rows() == [
        ("a", 1, 1250),
        ("b", 2, 1250),
    ]
    assert tables["events"]["occurred_at"][0] == datetime(2026, 10, 5, 0, 31, 7, tzinfo=UTC)
    assert refusals(tables) == [(3, "id", "missing")]
    assert (figures.lines, figures.loaded, figures.quarantined, figures.blank) == (3, 2, 1, 0)
    assert figures.dropped_fields == ["secret"]


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (pa.array([12], pa.int32()), 1_200),
        (pa.array([12], pa.uint64()), 1_200),
        (pa.array([12.5]), 1_250),
        (pa.array([12.1], pa.float32()), 1_210),
        (pa.array([19.99]), 1_999),
        (pa.array(["19.99"]), 1_999),
        (pa.array(["19.99"]).dictionary_encode(), 1_999),
        (pa.array([Decimal("19.99")], pa.decimal256(60, 4)), 1_999),
    ],
)
def test_an_amount_of_any_type_of_parquet_is_exact(tmp_path, amount, cents):
    _, tables = load(tmp_path, DAY, parquet(amount=amount), PARQUET)

    assert tables["events"]["amount_cents"].to_list() == [cents]


@pytest.mark.parametrize(
    ("field", "values", "reason"),
    [
        ("amount", [0.1 + 0.2], "too_many_decimals"),
        ("amount", [float("nan")], "wrong_type"),
        ("amount", [float("inf")], "wrong_type"),
        ("amount", [True], "wrong_type"),
        ("amount", [[12]], "wrong_type"),
        ("amount", [1e300], "not_a_number"),
        ("amount", [2**62], "out_of_range"),
        ("user", pa.array([b"\xff"]), "not_utf8"),
        ("user", pa.array(["a\0b"]), "control_character"),
        ("at", [datetime(2026, 10, 5, 8)], "no_zone"),
        ("at", [date(2026, 10, 5)], "not_a_time"),
        ("at", pa.array([2**63 - 1], pa.timestamp("us", "UTC")), "not_a_time"),
        ("at", pa.array([-(2**62)], pa.timestamp("ms")), "not_a_time"),
    ],
)
def test_a_bad_value_of_parquet_is_refused_and_costs_no_other(tmp_path, field, values, reason):
    _, tables = load(tmp_path, DAY, parquet(**{field: values}), PARQUET)

    assert refusals(tables) == [(1, field, reason)]


@pytest.mark.parametrize(
    ("at", "micros"),
    [
        (pa.array([1_791_174_667_000_000_000], pa.timestamp("ns", "Asia/Shanghai")), 0),
        (pa.array([1_791_174_667_000_001_999], pa.timestamp("ns", "UTC")), 1),
        (pa.array([1_791_174_667_000], pa.timestamp("ms", "UTC")), 0),
        (pa.array([1_791_174_667_000_000 + 28_800_000_000], pa.timestamp("us")), 0),
    ],
)
def test_a_time_of_parquet_is_read_in_utc_and_one_without_zone_in_the_declared_one(
    tmp_path, at, micros
):
    mapping = PARQUET.replace('"at"', '{ column = "at", zone = "Asia/Shanghai" }')

    _, tables = load(tmp_path, DAY, parquet(at=at), mapping)

    assert tables["events"]["occurred_at"].to_list() == [
        datetime(2026, 10, 5, 4, 31, 7, micros, tzinfo=UTC)
    ]


def test_true_and_false_of_parquet_are_read_where_only_a_condition_reads_them(tmp_path):
    mapping = (
        PARQUET.replace("every =", 'fields = ["done"]\nevery =') + "  when = \"done = 'true'\""
    )

    figures, tables = load(tmp_path, DAY, parquet(done=[True, False, None]), mapping)

    assert tables["events"]["source_line"].to_list() == [1]
    assert (figures.lines, figures.loaded) == (3, 3)


@pytest.mark.parametrize("user", [pa.array([77]), pa.array([77.0]), pa.array(["77"])])
def test_an_identity_is_the_same_text_whatever_its_type(tmp_path, user):
    _, tables = load(tmp_path, DAY, parquet(user=user), PARQUET)

    assert tables["events"]["user_id"].to_list() == ["77"]


def test_a_uuid_is_written_as_people_write_it(tmp_path):
    user = pa.array([bytes(range(16))], pa.uuid())

    _, tables = load(tmp_path, DAY, parquet(user=user), PARQUET)

    assert tables["events"]["user_id"].to_list() == ["00010203-0405-0607-0809-0a0b0c0d0e0f"]


@pytest.mark.parametrize("content", [b"PAR1 no more", parquet()[:-9], b""])
def test_a_damaged_parquet_file_is_refused(tmp_path, content):
    with pytest.raises(RefusedError) as refused:
        load(tmp_path, DAY, content, PARQUET)

    assert str(refused.value).startswith(
        f"Landing file {DAY} row 1 or later: not Parquet that can be read"
    )


def test_a_parquet_file_without_a_mapped_field_is_refused_with_the_nearest(tmp_path):
    mapping = PARQUET.replace('column = "amount"', 'column = "amounts"')

    with pytest.raises(RefusedError) as refused:
        load(tmp_path, DAY, parquet(), mapping)

    assert str(refused.value).startswith(
        f"Landing file {DAY}: no field 'amounts' in the schema. Did you mean 'amount'?"
    )


def test_a_field_of_a_struct_of_parquet_is_read_by_its_path(tmp_path):
    mapping = PARQUET.replace('"user"', '"customer.id"').replace('"amount"', '"sum.of.it"')
    given = parquet(
        id=["a", "b"],
        customer=[{"id": "ana", "phone": "138"}, None],
        sum=[{"of": {"it": 12.5}}, {"of": {"it": 7}}],
    )

    figures, tables = load(tmp_path, DAY, given, mapping)

    assert tables["events"].select("user_id", "amount_cents").rows() == [("ana", 1250)]
    assert refusals(tables) == [(2, "customer.id", "missing")]
    assert figures.dropped_fields == ["amount", "customer.phone", "user"]


def test_a_struct_of_parquet_is_no_value(tmp_path):
    with pytest.raises(RefusedError, match="no field 'user' in the schema. Did you mean 'user.id'"):
        load(tmp_path, DAY, parquet(user=[{"id": "ana"}]), PARQUET)


def test_a_parquet_file_without_rows_has_no_lines(tmp_path):
    figures, _ = load(tmp_path, DAY, parquet(id=[], **{n: [] for n in GOOD if n != "id"}), PARQUET)

    assert figures.lines == 0


def test_a_large_parquet_file_is_read_from_the_disk_some_rows_at_a_time(tmp_path):
    put(tmp_path, DAY, parquet(id=[f"e{n}" for n in range(5)]))
    content = LandingBytes(tmp_path, DAY, block_bytes=10)

    batches = list(parquet_batches(content, ("id", "user"), batch_rows=2))

    assert [(first, rows.height) for first, rows, _ in batches] == [(1, 2), (3, 2), (5, 1)]
    assert batches[0][1].columns == ["id", "user"]
    assert batches[0][2] == tuple(GOOD)


def test_a_parquet_file_that_changes_while_it_is_read_is_refused(tmp_path):
    put(tmp_path, DAY, parquet(id=["a", "b"]))
    content = LandingBytes(tmp_path, DAY, block_bytes=10)
    batches = parquet_batches(content, ("id",), batch_rows=1)
    next(batches)
    put(tmp_path, DAY, parquet(id=["a", "c"]))

    with pytest.raises(RefusedError, match="changed while it was read"):
        list(batches)


def test_parquet_is_not_packed_once_more(tmp_path):
    with pytest.raises(RefusedError, match="Parquet is compressed within itself. Unpack the file"):
        load(tmp_path, f"{DAY}.gz", gzip.compress(parquet()), PARQUET)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"encoding": '"utf8"'}, "line 11: encoding is 'utf8'. Did you mean 'utf-8'?"),
        ({"delimiter": '",,"'}, "line 11: delimiter is ',,'. Write one character"),
        ({"delimiter": '"a"'}, "line 11: delimiter is 'a'. Write one character"),
        ({"quote": '"`"'}, "line 11: quote is '`'. Write "),
        ({"header": '"no"'}, "line 11: header is 'no'. Write true or false."),
        ({"header": "false"}, "line 11: header is false, and columns is None. Name every field"),
        (
            {"columns": '["a"]'},
            "line 11: columns is for files without a header. Add header = false",
        ),
        (
            {"header": "false", "columns": '["user", "user"]'},
            "line 12: header is false, and columns",
        ),
        (
            {"header": "false", "columns": '["users", "date", "limit"]'},
            "line 12: columns has no 'user', which is read. Did you mean 'users'?",
        ),
        (
            {"personal": '["usr"]'},
            "line 11: personal has 'usr', which is not read. Did you mean 'user'",
        ),
        (
            {"quotes": '"x"'},
            "line 11: unknown key 'quotes' in file 'limits'. Did you mean 'quote'?",
        ),
    ],
)
def test_an_error_in_a_layout_names_file_line_and_what_to_write(keys, message):
    with pytest.raises(RefusedError) as refused:
        source(declared(**keys))

    assert str(refused.value).startswith("sources/shop.toml line ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ('format = "xml"', "format is 'xml'. Allowed: jsonl, csv, fixed, parquet."),
        (
            'format = "jsonl"\nquote = "\'"',
            "quote has no meaning for format 'jsonl', only for csv.",
        ),
        ('format = "parquet"\nencoding = "gbk"', "encoding has no meaning for format 'parquet'"),
        ('format = "fixed"', "columns is None. Write the first and the last character of each"),
        (
            'format = "fixed"\ncolumns = { user = [0, 8] }',
            "columns has [0, 8] for 'user'. Write the first and the last character, counted from 1",
        ),
        (
            'format = "fixed"\ncolumns = { user = [1, 8], date = [9, 18], limits = [19, 26] }',
            "columns has no 'limit', which is read. Did you mean 'limits'?",
        ),
    ],
)
def test_a_layout_key_of_another_format_is_refused(form, message):
    with pytest.raises(RefusedError) as refused:
        source(LIMITS.replace('format = "csv"', form))

    assert message in str(refused.value)
