"""Switches that make a simulator misbehave: for N requests or until cleared, on some paths or on all.

`Transport` faults break the answer on its way (middleware); `Content` faults change what a CRM page says.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Target = Literal["crm", "identity", "cdn", "alerts"]


class Transport(StrEnum):
    """How an answer can break on its way."""

    STATUS = "status"  # this status (and Retry-After) and nothing useful
    HTML = "html"  # an HTML page with status 200
    TRUNCATED = "truncated"  # the first half of the body, as if it were all
    BROKEN_OFF = "broken_off"  # the first half of the body, then the connection ends
    DRIP = "drip"  # the body in small pieces with a pause after each
    HANG = "hang"  # nothing for a while, then the right answer
    HOLD = "hold"  # nothing until the switch is off, then the answer that is right by then
    REDIRECT = "redirect"  # 302 to `location`


class Content(StrEnum):
    """How a CRM answer can be well-formed and wrong."""

    COUNT_OFF = "count_off"  # total_count is `offset` too high or too low
    OTHER_ORGANIZATION = "other_organization"  # the count answers for somebody else
    REPEATED_PAGE = "repeated_page"  # after_id is ignored: the first page again
    OVERLAPPING_PAGE = "overlapping_page"  # the note at after_id is delivered a second time
    SKIPPED_NOTES = "skipped_notes"  # the notes `ids` are missing from pages that go on behind them
    BACKWARDS = "backwards"  # the page is in descending order
    IDS_AS_STRINGS = "ids_as_strings"  # every id is a decimal string
    UNASKED_TYPES = "unasked_types"  # the type filter is ignored
    MORE_PERSONS = "more_persons"  # `ids` are among the persons, though no contact has them


class Fault(BaseModel):
    """One switch, as the control API takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Target
    kind: Transport | Content
    path_prefix: str = "/"
    organization_id: str | None = None
    skip: int = Field(default=0, ge=0, description="let this many matching requests pass first")
    times: int | None = Field(default=None, ge=1, description="then hit this many; null: until cleared")
    status: int = Field(default=503, ge=300, le=599)
    retry_after: str | None = None
    location: str = "http://127.0.0.1:9/elsewhere"
    offset: int = 1
    ids: tuple[int, ...] = ()
    seconds: float = Field(
        default=1.0, ge=0, le=120, description="pause of `hang`, pause per piece of `drip`"
    )
    piece_bytes: int = Field(default=64, ge=1)


@dataclass(slots=True)
class _Switch:
    fault: Fault
    to_skip: int
    left: int | None


@dataclass(slots=True)
class Faults:
    """The switches that are on, oldest first."""

    _switches: list[_Switch] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._switches.append(_Switch(fault, fault.skip, fault.times))

    def clear(self, kind: Transport | Content | None = None) -> None:
        """Switch everything off, or all faults of one kind."""
        self._switches[:] = [one for one in self._switches if kind not in (None, one.fault.kind)]

    def is_on(self, fault: Fault) -> bool:
        """Tell whether the switch that this fault came from is still on."""
        return any(one.fault is fault for one in self._switches)

    def take(
        self,
        target: Target,
        path: str,
        organization_id: str | None,
        kinds: AbstractSet[Transport | Content],
        *,
        by_name_only: bool = False,
    ) -> Fault | None:
        """Return the fault that hits this request, if one does, and count it down.

        by_name_only: leave faults of all organizations out.
        """
        hit = {organization_id} if by_name_only else {None, organization_id}
        for switch in self._switches:
            fault = switch.fault
            if fault.target != target or fault.kind not in kinds or not path.startswith(fault.path_prefix):
                continue
            if fault.organization_id not in hit:
                continue
            if switch.to_skip:
                switch.to_skip -= 1
                continue
            self._count_down(switch)
            return fault
        return None

    def _count_down(self, switch: _Switch) -> None:
        if switch.left is not None:
            switch.left -= 1
            if switch.left == 0:
                self._switches.remove(switch)


TRANSPORT_KINDS: frozenset[Transport | Content] = frozenset(Transport)
CONTENT_KINDS: frozenset[Transport | Content] = frozenset(Content)
