"""Take the first item of a stream before it is answered: until then an error can be answered as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeVar

T = TypeVar("T")


def begun(items: Iterable[T]) -> Iterator[T]:
    """Return the same items, the first of them taken already: its error is raised here and now."""
    iterator = iter(items)
    return chain([first] if (first := next(iterator, None)) is not None else [], iterator)
