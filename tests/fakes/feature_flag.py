"""The kill-switch in memory: FeatureFlag."""

from __future__ import annotations


class InMemoryFlag:
    """On; `looks_left` throws it after so many questions."""

    def __init__(self) -> None:
        self.on = True
        self.looks_left: int | None = None

    def is_on(self, cid: str) -> bool:
        if self.looks_left is not None:
            self.looks_left -= 1
            if self.looks_left < 0:
                return False
        return self.on
