"""UTF-16 rewritten as UTF-8, so that a line feed is one byte wherever lines are cut."""

import codecs

_BIG_ENDIAN_MARK = b"\xfe\xff"
_NO_TEXT = "limitwise.no_text"
codecs.register_error(_NO_TEXT, lambda problem: ("\udcff", problem.end))


class Utf16Decoder:
    """Decodes UTF-16 piece by piece; what is none becomes the byte FF, which is no UTF-8 either."""

    def __init__(self, encoding: str):
        self._encoding = encoding
        self._begun = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    def utf8(self, piece: bytes, is_last: bool = False) -> bytes:
        """Return the next piece of text as UTF-8."""
        piece, self._begun = self._begun + piece, b""
        if self._decoder is None:
            if len(piece) < len(_BIG_ENDIAN_MARK) and not is_last:
                self._begun = piece
                return b""
            self._decoder = codecs.getincrementaldecoder(self._order(piece))(_NO_TEXT)
        return self._decoder.decode(piece, is_last).encode("utf-8", "surrogateescape")

    def _order(self, piece: bytes) -> str:
        """Return the encoding with its byte order: that of the mark, else little-endian."""
        if self._encoding != "utf-16":
            return self._encoding
        return "utf-16-be" if piece.startswith(_BIG_ENDIAN_MARK) else "utf-16-le"


def decoder_of(encoding: str) -> Utf16Decoder | None:
    """Return a decoder for UTF-16; None for encodings in which lines can be cut as they are."""
    return Utf16Decoder(encoding) if encoding.startswith("utf-16") else None
