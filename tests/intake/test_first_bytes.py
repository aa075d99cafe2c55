"""A file that is not written or packed as declared is refused in a sentence that says so."""

import gzip

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, OCTOBER, line, load
from transforms.errors import RefusedError

ROWS = "user,date,limit\nandré,2026-10-31,500\n"


def refusal(tmp_path, path, content, mapping):
    with pytest.raises(RefusedError) as refused:
        load(tmp_path, path, content, mapping)
    return str(refused.value)


@pytest.mark.parametrize(
    ("declared", "content", "seen", "remedy"),
    [
        (
            "latin-1",
            ROWS.encode("utf-16"),
            "it begins with the byte order mark of UTF-16",
            "utf-16",
        ),
        ("utf-8", ROWS.encode("utf-16"), "it begins with the byte order mark of UTF-16", "utf-16"),
        (
            *("utf-16-le", b"\xfe\xff" + ROWS.encode("utf-16-be")),
            *("it begins with the byte order mark of UTF-16", "utf-16"),
        ),
        (
            *("windows-1252", ROWS.encode("utf-8-sig")),
            *("it begins with the byte order mark of UTF-8", "utf-8"),
        ),
        (
            *("utf-16", ROWS.encode("utf-8-sig")),
            *("it begins with the byte order mark of UTF-8", "utf-8"),
        ),
        ("utf-16", ROWS.encode(), "no byte is NUL, as in UTF-8", "utf-8"),
        (
            *("latin-1", ROWS.encode("utf-16-le")),
            *("every second byte is NUL, as in UTF-16", "utf-16-le"),
        ),
        (
            *("utf-16", ROWS.encode("utf-16-be")),
            *("every first byte of two is NUL, as in UTF-16", "utf-16-be"),
        ),
    ],
)
def test_another_encoding_than_declared_is_recognised(tmp_path, declared, content, seen, remedy):
    mapping = LIMITS.replace('format = "csv"', f'format = "csv"\nencoding = "{declared}"')

    assert refusal(tmp_path, OCTOBER, content, mapping) == (
        f"Landing file {OCTOBER}: it is read as {declared}, but {seen}. Declare encoding = "
        f"\"{remedy}\" in file 'limits' of the source shop."
    )


@pytest.mark.parametrize("block_bytes", [100, 100_000], ids=["many blocks", "one block"])
def test_a_json_file_of_another_encoding_costs_no_thousand_bad_lines(tmp_path, block_bytes):
    content = "".join(line(id=f'"{n}"') + "\n" for n in range(99)).encode("utf-16")

    with pytest.raises(RefusedError, match="Declare encoding = \"utf-16\" in file 'behaviour'"):
        load(tmp_path, FIFTH, content, block_bytes=block_bytes)


@pytest.mark.parametrize(
    ("first", "because"),
    [
        (b"\0" * 300, "NUL bytes are one bad line"),
        (b"\xff\xfe broken \0", "so are bytes that happen to be a mark"),
        (b"\xef\xbb\xbf{", "a mark of UTF-8 belongs to UTF-8"),
    ],
)
def test_one_bad_first_line_costs_no_other(tmp_path, first, because):
    figures, _ = load(tmp_path, FIFTH, first + b"\n" + line().encode() + b"\n")

    assert (figures.loaded, figures.quarantined) == (1, 1), because


def test_a_header_that_is_no_text_of_the_encoding_says_what_to_declare(tmp_path):
    content = "user,date,limit,né\n".encode("latin-1")

    assert refusal(tmp_path, OCTOBER, content, LIMITS) == (
        f"Landing file {OCTOBER} line 1: the header is no utf-8 text. Declare the encoding that "
        "the file is written in, such as windows-1252, in file 'limits' of the source shop."
    )


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        (
            *(FIFTH, gzip.compress(b"{}\n", mtime=0)),
            "by its first bytes it is gzip, and no text. Let its name end in .gz.",
        ),
        (
            *(f"{FIFTH}.gz", b"PK\x03\x04\0 and more"),
            "by its first bytes it is a zip archive, as spreadsheets are. Deliver what is in it, "
            "as text.",
        ),
        (
            *(f"{FIFTH}.zst", gzip.compress(b"{}\n", mtime=0)),
            "by its first bytes it is gzip. Let its name end in .gz.",
        ),
        (
            *(f"{FIFTH}.gz", b"{}\n"),
            "by its first bytes it is plain text. Leave the ending off its name.",
        ),
        (
            *(FIFTH, b"PAR1\x15\0"),
            'by its first bytes it is Parquet, and no text. Write format = "parquet".',
        ),
    ],
)
def test_another_packing_than_the_name_says_is_recognised(tmp_path, path, content, message):
    assert refusal(tmp_path, path, content, BEHAVIOUR) == f"Landing file {path}: {message}"
