"""Texts reduced to their shape: `x` stands for a letter, `9` for a digit."""

import re
import unicodedata

_LONGEST_NAME = 100
# A number, an address, or the key of an object that is a name: `balances.Jane Doe`.
_LOOKS_LIKE_A_VALUE = re.compile(r"[0-9]{5}|@|\.\S+ \S")


class _Shape(dict):
    """What stands for each character, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        kind = unicodedata.category(chr(code))[0]
        self[code] = {"L": "x", "M": "x", "N": "9"}.get(kind, chr(code))
        return self[code]


_SHAPE = _Shape()


def masked(text: str) -> str:
    """Return a text with `x` for each letter and `9` for each digit."""
    return text.translate(_SHAPE)


def shown_name(name: str) -> str:
    """Return the name of a field, masked if it looks like a value: a number, an address."""
    name = name[:_LONGEST_NAME]
    return masked(name) if _LOOKS_LIKE_A_VALUE.search(name) else name
