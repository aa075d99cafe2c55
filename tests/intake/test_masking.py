"""What is kept of a refused line: enough to correct it, and nothing that a person is known by."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, HEAD, LIMITS, OCTOBER, line, load
from transforms.mapping.shape import masked, shown_name

PERSONAL = BEHAVIOUR.replace("every =", 'personal = ["channel"]\nevery =')


def refused(tmp_path, path, content, mapping):
    _, tables = load(tmp_path, path, content, mapping)
    (row,) = tables["quarantine"].select("column", "found", "raw_line").rows()
    return row


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Li Lei, 13800138000", "xx xxx, 99999999999"),
        ("李雷 lei@mail.cn", "xx xxx@xxxx.xx"),
        ("José ١٢", "xxxx 99"),
    ],
)
def test_a_masked_text_keeps_its_shape(text, shape):
    assert masked(text) == shape


@pytest.mark.parametrize(
    ("name", "shown"),
    [("BILL_AMT6", "BILL_AMT6"), ("13800138000", "99999999999"), ("lei@mail.cn", "xxx@xxxx.xx")],
)
def test_a_name_that_looks_like_a_value_is_masked(name, shown):
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    ("given", "column", "found", "raw_line"),
    [
        (
            line(amount="-0.01"),
            "amount",
            "-0.01",
            line(amount="-0.01"),
        ),
        (
            line(amount='"x"', phone='"138 0013"', age="41", vip="true", pay='{"id": ["4111"]}'),
            "amount",
            "x",
            line(amount='"x"', phone='"999 9999"', age="99", vip="xxxx", pay='{"id": ["9999"]}'),
        ),
        (
            line(amount='{"of": "Li Lei"}'),
            "amount",
            '{"xx": "xx xxx"}',
            line(amount='{"xx": "xx xxx"}'),
        ),
        (
            line(user='""', device='"d7f"'),
            "user",
            None,
            line(user='""', device='"x9x"'),
        ),
        (line(device='"' + "d" * 201 + '"'), "device", "x" * 200, None),
        (line(channel='"a\\u0000b"'), "channel", "x\0x", line(channel='"x\\x9999x"')),
        (line(kind='"say \\"hi\\", 1"'), "kind", 'say "hi", 1', line(kind='"say \\"hi\\", 1"')),
        (
            '{"id": "e1", "user": "ana", "phone": "138',
            None,
            '"999',
            '{"id": "x9", "user": "xxx", "xxxxx": "999',
        ),
        ('{"id":"e1","a,b":"ana"}}', None, "}", '{"id":"x9","x,x":"xxx"}}'),
        ("ana,13800138000", None, "xxx,99999999999", "xxx,99999999999"),
        ('{"id":"e1","id":"e2"}', "id", "id", '{"id":"x9","id":"x9"}'),
        ('{"138001":"e1","138001":"e2"}', "999999", "999999", '{"999999":"x9","999999":"x9"}'),
        (b'{"id":"\xff","user":"ana"}', None, None, '{"id":"\ufffd","user":"xxx"}'),
    ],
)
def test_a_refused_json_line_shows_what_is_read_and_no_personal(
    tmp_path, given, column, found, raw_line
):
    given = given.encode() if isinstance(given, str) else given

    row = refused(tmp_path, FIFTH, given + b"\n", PERSONAL)

    assert row[:2] == (column, found)
    assert row[2] == raw_line or raw_line is None


@pytest.mark.parametrize(
    ("customer", "shown"),
    [
        ('{"id": "ana", "of": {"city": "Lyon"}}', '{"id": "ana", "xx": {"xxxx": "xxxx"}}'),
        ('{"id": "ana", "phone": "13", "id2": 4}', '{"id": "ana", "xxxxx": "99", "xx9": 9}'),
        ('[{"id": "ana"}], "x": {"id": "ana"}', '[{"id": "xxx"}], "x": {"id": "xxx"}'),
    ],
)
def test_of_an_object_in_a_refused_line_only_what_is_read_is_shown(tmp_path, customer, shown):
    mapping = PERSONAL.replace('"user"', '"customer.id"')
    given = '{"id": "e1", "kind": "no", "customer": %s}'

    _, _, raw_line = refused(tmp_path, FIFTH, given % customer + "\n", mapping)

    assert raw_line == given % shown


@pytest.mark.parametrize(
    ("personal", "shown"),
    [
        ("data.person.name", '{"person": {"name": "xxxx"}, "data": {"person": {"name": "Shop"}}}'),
        (
            "data.data.person.name",
            '{"person": {"name": "Jane"}, "data": {"person": {"name": "xxxx"}}}',
        ),
    ],
)
def test_a_personal_field_deep_in_a_line_is_told_from_one_of_the_same_names(
    tmp_path, personal, shown
):
    mapping = BEHAVIOUR.replace('"user"', '"data.person.name"')
    mapping = mapping.replace('"channel"', '"data.data.person.name"')
    mapping = mapping.replace("every =", f'personal = ["{personal}"]\nevery =')
    data = '{"person": {"name": "Jane"}, "data": {"person": {"name": "Shop"}}}'

    _, _, raw_line = refused(tmp_path, FIFTH, f'{{"kind": "no", "data": {data}}}\n', mapping)

    assert raw_line == f'{{"kind": "no", "data": {shown}}}'


def test_a_line_that_is_cut_for_the_table_shows_no_more_than_a_whole_one(tmp_path):
    given = line(amount="x" * 3, note='"' + 'Li \\"user\\": 7 ' * 99 + '"')[:-1]

    _, _, raw_line = refused(tmp_path, FIFTH, given + "\n", PERSONAL)

    assert len(raw_line) == 500
    assert "Li" not in raw_line and "7" not in raw_line.split("note")[-1]


@pytest.mark.parametrize(
    ("given", "found", "raw_line"),
    [
        ('"bo",138-0013,31.10.2026,500', "31.10.2026", '"bo",999-9999,31.10.2026,500'),
        ("bo,138-0013,2026-10-31", "3 fields instead of 4", "xx,999-9999,9999-99-99"),
        ('bo,"138,2026-10-31,500', 'xx,"999,9999-99-99,999', 'xx,"999,9999-99-99,999'),
    ],
)
def test_a_refused_csv_line_shows_what_is_read(tmp_path, given, found, raw_line):
    content = f"user,phone,date,limit\n{given}\n"

    _, found_there, shown = refused(tmp_path, OCTOBER, content, LIMITS)

    assert (found_there, shown) == (found, raw_line)


def test_a_value_made_of_a_personal_field_is_masked_and_so_is_an_overlapping_column(tmp_path):
    mapping = LIMITS.replace(
        'format = "csv"',
        'format = "fixed"\npersonal = ["user"]\n'
        "columns = { user = [1, 3], date = [2, 12], limit = [13, 15], name = [16, 19] }",
    )
    apart = mapping.replace("[2, 12]", "[4, 13]").replace("[13, 15]", "[14, 16]")
    long = apart.replace("{user}/limit/", "{user}" * 70).replace("[16, 19]", "[17, 18]")

    overlapping = refused(tmp_path, OCTOBER, "anx2026-10-31 5x bo\n", mapping)
    made_of_it = refused(tmp_path, OCTOBER, "an12026-10-31500bo\n", long)

    assert overlapping == ("date", "xx9999-99-9", "xxx9999-99-91 5x xx")
    assert made_of_it[1:] == ("xx9" * 66 + "xx", "xx92026-10-31500xx")


def test_a_refused_row_of_parquet_shows_the_fields_that_are_read(tmp_path):
    out = io.BytesIO()
    columns = ("id", "user", "at", "kind", "amount", "device", "channel", "phone")
    rows = {name: ["7"] for name in columns} | {"amount": [[1]], "channel": [None]}
    pq.write_table(pa.table(rows), out)
    mapping = PERSONAL.replace(".jsonl", ".parquet").replace('"jsonl"', '"parquet"')

    row = refused(tmp_path, "behaviour/2026-10-05.parquet", out.getvalue(), mapping)

    assert row == (
        "amount",
        "List(Int64)",
        '{"id": "7", "user": "7", "at": "7", "kind": "7", "amount": null, "device": "9", '
        '"channel": null}',
    )


def test_names_of_dropped_fields_that_look_like_values_are_masked(tmp_path):
    given = line(x="1").replace('"x"', '"13800138000"')

    figures, _ = load(tmp_path, FIFTH, given + "\n", HEAD + BEHAVIOUR.removeprefix(HEAD))

    assert figures.dropped_fields == ["99999999999"]
