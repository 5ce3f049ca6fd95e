"""Authors whose names attack, and the labels that must be shown instead."""

from __future__ import annotations

from sandbox.accounts.people import DEFAULT_LABEL, Creator

_NAMES = {
    "<script>hit()</script>Budi": "Budi",
    "Sari<img src=x onerror=hit()>": "Sari",
    "&lt;script&gt;hit()&lt;/script&gt;": "scripthit()/script",
    "Sari\u202eidub": "Sariidub",
    "Sari\r\nX-Injected: 1\x00": "Sari X-Injected: 1",
    "\ud83d Sari": "Sari",
    "x" * 5_000: "x" * 200,
    "<b></b>": DEFAULT_LABEL,
    "\u200b\u2060\u00ad": DEFAULT_LABEL,
    "{{7*7}}": "{{7*7}}",
    "=HYPERLINK(1)": "=HYPERLINK(1)",
}


def attackers() -> tuple[Creator, ...]:
    """Return CRM users whom identity does not know, every second one without an id."""
    return tuple(
        Creator(1_000 + number if number % 2 else None, name, label=label)
        for number, (name, label) in enumerate(_NAMES.items())
    )
