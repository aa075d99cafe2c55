"""JSON objects with every number as it is written, and their fields by path."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


class Object(tuple):
    """The pairs of a JSON object, so that a repeated key is seen."""


class NotANumber(str):
    """NaN or Infinity, which JSON does not know and many programs write."""


decode = json.JSONDecoder(
    object_pairs_hook=Object, parse_int=str, parse_float=str, parse_constant=NotANumber
).decode


def fields_of(pairs: Object, within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field with its value, those of an object in it as `customer.id`."""
    for key, value in pairs:
        yield within + key, value
        if isinstance(value, Object):
            yield from fields_of(value, f"{within}{key}.")


def objects_of(fields: Iterable[str]) -> frozenset[str]:
    """Return the paths of the objects in which fields stand: of `a.b.c` they are `a` and `a.b`."""
    return frozenset(
        field[:at] for field in fields for at, letter in enumerate(field) if letter == "."
    )


def nearest_to(name: str, objects: frozenset[str]) -> str:
    """Return a path as far as it is told: one key beyond the objects in which something is read.

    Deeper keys may be values, such as the names of people, and nobody is to see them.
    """
    for at, letter in enumerate(name):
        if letter == "." and name[:at] not in objects:
            return name[:at]
    return name
