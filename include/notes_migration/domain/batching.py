"""Staged pages are batches; batches are spread over few task processes, since each costs a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class StagedPage:
    """A page of raw notes in the staging bucket; `sha256` (hex) is of the compressed bytes."""

    key: str
    count: int
    first_id: int
    last_id: int
    sha256: str

    @property
    def batch(self) -> str:
        """The batch's name within its run."""
        return self.key.rsplit("/", 1)[-1].split(".", 1)[0]


def group_batches(pages: Sequence[StagedPage], *, groups: int) -> list[tuple[StagedPage, ...]]:
    """Spread the pages over at most `groups` runs of neighbours, sizes differing by one at most."""
    count = min(groups, MAX_GROUPS, len(pages))
    edges = [len(pages) * step // count for step in range(count + 1)] if count else []
    return [tuple(pages[start:end]) for start, end in pairwise(edges)]
