"""What the first bytes of a landing file say that it is, where the mapping says otherwise."""

import codecs

_PACKED = (
    (b"\x1f\x8b", "gzip", "Let its name end in .gz."),
    (b"\x28\xb5\x2f\xfd", "zstd", "Let its name end in .zst."),
    (b"PK\x03\x04", "a zip archive, as spreadsheets are", "Deliver what is in it, as text."),
    (b"PAR1\x15", "Parquet", 'Write format = "parquet".'),
)
LOOKED_AT = 4_096  # bytes; an even number, so that UTF-16 is not cut within a letter
_FEWEST_PAIRS = 4
_FEW_NULS = 20  # one byte of so many at least is NUL in UTF-16 of any script: digits, line ends


def packed_as(beginning: bytes) -> tuple[str, str] | None:
    """Return how a file is packed by its first bytes, and what to do with one that is.

    None is no packing that is known.
    """
    if _is_text(beginning):
        return None
    return next((found for mark, *found in _PACKED if beginning.startswith(mark)), None)


def not_packed_so(beginning: bytes, name: str) -> str:
    """Return what a file is if it is not packed as its name says; empty if that cannot be told."""
    words, remedy = packed_as(beginning) or ("", "")
    if words and name.endswith({"gzip": ".gz", "zstd": ".zst"}.get(words, " ")):
        return ""
    if not words and beginning and _is_text(beginning):
        words, remedy = "plain text", "Leave the ending off its name."
    return f"by its first bytes it is {words}. {remedy}" if words else ""


def otherwise_written(beginning: bytes, encoding: str, mapping: str) -> str:
    """Return what a file of text is, and what to do, if it is none of the declared encoding.

    Args:
        beginning: First `LOOKED_AT` bytes, unpacked.
        encoding: Declared.
        mapping: Where it is declared, in words.

    Returns:
        Two sentences; empty if nothing speaks against the declared encoding.
    """
    if packed := packed_as(beginning):
        words, remedy = packed
        return f"by its first bytes it is {words}, and no text. {remedy}"
    seen, meant = _looks_like(beginning, encoding)
    if not meant:
        return ""
    write = f'Declare encoding = "{meant}" in {mapping}'
    if meant == "utf-32":
        write = "Deliver it as UTF-8"
    return f"it is read as {encoding}, but {seen}. {write}."


def _looks_like(beginning: bytes, encoding: str) -> tuple[str, str]:
    """Return what was seen and the encoding that it speaks for; empty texts for nothing."""
    rest, is_wide = beginning[2:], encoding.startswith("utf-16")
    if beginning.startswith(codecs.BOM_UTF8) and encoding != "utf-8":
        return "it begins with the byte order mark of UTF-8", "utf-8"
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "it begins with the byte order mark of UTF-32", "utf-32"
    for mark, order in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if beginning.startswith(mark) and rest.count(0) * _FEW_NULS >= len(rest):
            if encoding in ("utf-16", order):
                return "", ""
            return "it begins with the byte order mark of UTF-16", "utf-16"
    every_second, every_first = _is_nul(beginning[1::2]), _is_nul(beginning[::2])
    if every_second and not every_first and (not is_wide or encoding == "utf-16-be"):
        return "every second byte is NUL, as in UTF-16", "utf-16-le"
    if every_first and not every_second and encoding != "utf-16-be":
        return "every first byte of two is NUL, as in UTF-16", "utf-16-be"
    if is_wide and beginning and b"\0" not in beginning and _is_text(beginning):
        return "no byte is NUL, as in UTF-8", "utf-8"
    return "", ""


def _is_nul(half: bytes) -> bool:
    """Return whether most of every second bytes are NUL."""
    return len(half) >= _FEWEST_PAIRS and half.count(0) * 2 > len(half)


def _is_text(beginning: bytes) -> bool:
    """Return whether bytes are the beginning of UTF-8 text."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return b"\0" not in beginning
