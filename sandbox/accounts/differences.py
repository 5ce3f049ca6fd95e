"""Tells how two documents differ: by the path of the field, never by its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Yield one line per field that is missing, not expected, or differs in value or BSON type."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        yield from _in_mapping(expected, found, path)
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _in_list(expected, found, path)
    elif type(expected) is not type(found):
        yield f"{path}: type {type(found).__name__}, expected {type(expected).__name__}"
    elif expected != found:
        yield f"{path}: other value"


def _in_mapping(expected: Mapping[str, Any], found: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in [*expected, *(name for name in found if name not in expected)]:
        inner = f"{path}.{name}" if path else name
        if name not in found:
            yield f"{inner}: missing"
        elif name not in expected:
            yield f"{inner}: not expected"
        else:
            yield from differences(expected[name], found[name], inner)


def _in_list(expected: Sequence[Any], found: Sequence[Any], path: str) -> Iterator[str]:
    if len(expected) != len(found):
        yield f"{path}: {len(found)} elements, expected {len(expected)}"
        return
    for position, (one, other) in enumerate(zip(expected, found, strict=True)):
        yield from differences(one, other, f"{path}[{position}]")
