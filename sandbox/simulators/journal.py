"""What the simulators were asked, so that a test can show what was not asked again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_KEPT_REQUESTS = 50_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request: to which simulator, what, and what it was answered."""

    target: str
    method: str
    path: str
    query: str
    status: int

    def as_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Journal:
    """Requests in the order of their answers; the newest 50,000 are kept, counts are exact."""

    requests: list[Request] = field(default_factory=list)
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def record(self, request: Request) -> None:
        """Add one request."""
        self._counts[request.target, request.method, request.path] += 1
        self.requests.append(request)
        if len(self.requests) > _KEPT_REQUESTS:
            del self.requests[: _KEPT_REQUESTS // 2]

    def counts(self, target: str) -> dict[str, int]:
        """Return how often each "METHOD path" of a simulator was asked."""
        return {f"{method} {path}": n for (of, method, path), n in self._counts.items() if of == target}

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self._counts.clear()
