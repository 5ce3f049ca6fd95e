"""Notes that must fail, each with the reason that its failure must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """`changes` are laid over an ordinary CRM note; nothing else is wrong with it."""

    reason: str
    changes: Mapping[str, Any] = field(repr=False)


@cache
def faults() -> tuple[Fault, ...]:
    """Return the faults in the order in which accounts take them: the first n of them."""
    return (
        Fault("NOTE_TOO_LONG", {"note": "a" * 10_001}),
        Fault("NOTE_EMPTIED", {"note": '<svg viewBox="0 0 90 20"><text x="1" y="15">Lunas</text></svg>'}),
        Fault("NOTE_INVALID", {"created_at": "2021-03-04T10:00:00"}),
        # short in the CRM, longer than the limit once every & is written out
        Fault("NOTE_TOO_LONG", {"note": "<p>" + "a & b " * 1_400 + "</p>"}),
        Fault("CONTACT_NOT_MAPPED", {"crm_person_id": None}),
        Fault("NOTE_EMPTIED", {"note": "<p><math><mi>x</mi><mo>=</mo><mn>3</mn></math></p>"}),
        Fault("NOTE_INVALID", {"created_at": None}),
        Fault("NOTE_TOO_LONG", {"note": "👍" * 10_001}),
        Fault("NOTE_TOO_LARGE", {"note": _huge()}),
        Fault("NOTE_EMPTIED", {"note": "<div><svg><title>a</title><text>Sudah bayar</text></svg></div>"}),
        Fault("NOTE_INVALID", {"created_at": "1970-01-01T00:00:00Z"}),
    )


def _huge() -> str:
    picture = "AAAA" * (_MIB + 250)
    return f'<p>Foto <img src="data:image/png;base64,{picture}"></p>'
