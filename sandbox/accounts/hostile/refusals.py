"""Notes that must be refused rather than guessed: what is laid over an ordinary note, and why it fails."""

from __future__ import annotations

from typing import Any

from sandbox.accounts.faults import Fault, faults

BAD_IDS: tuple[Any, ...] = ("5/../6", "1e3", 10**19, "../../x", -5, 0, "007", 1.5, {"$gt": ""}, "12\n", "５")

_BAD_MOMENTS: tuple[Any, ...] = (
    "",
    "yesterday",
    1_614_855_600,
    "2021-03-04",
    "2021-02-30T10:00:00Z",
    "2021-03-04T10:00:00",
    "2021-03-04T10:00:00+25:00",
    "0001-01-01T00:00:00+14:00",
    "1999-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "2021-03-04T10:00:00Z\x00",
    "<script>hit()</script>",
    {"$date": 0},
)


def refusals() -> tuple[Fault, ...]:
    """Return the notes whose id can be read, with the reason under which each is on record."""
    return (
        *(Fault("NOTE_INVALID", {"crm_person_id": bad}) for bad in BAD_IDS[:6]),
        *(Fault("NOTE_INVALID", {"creator_id": bad}) for bad in BAD_IDS[:6]),
        *(Fault("NOTE_INVALID", {"created_at": bad}) for bad in (None, *_BAD_MOMENTS)),
        *(Fault("NOTE_INVALID", {"updated_at": bad}) for bad in ("never", 5, "2021-03-04T10:00:00")),
        *(Fault("NOTE_INVALID", {"note": bad}) for bad in (17, ["<p>a</p>"], {"$ne": ""})),
        Fault("NOTE_INVALID", {"images": {"0": {"id": 1}}}),
        Fault("NOTE_INVALID", {"audios": "../../x"}),
        Fault("NOTE_INVALID", {"documents": 3}),
        # the mention's @ is the one character too many
        Fault("NOTE_TOO_LONG", {"note": '<a data-user-id="7">Sari</a>' + "a" * 9_996}),
        *(fault for fault in faults() if fault.reason in {"NOTE_TOO_LARGE", "NOTE_EMPTIED"}),
    )


def unnamed() -> tuple[Fault, ...]:
    """Return the notes whose own id cannot be read: counted as failed, on record nowhere."""
    return tuple(Fault("NOTE_INVALID", {"id": bad}) for bad in (*BAD_IDS, None))
