"""Answers that are too long, too slow, or not what they say."""

from __future__ import annotations

import gzip
from functools import cache

from sandbox.accounts.files.office import pdf
from sandbox.accounts.files.pictures import picture
from sandbox.accounts.hostile.attacks import DOWNLOAD_FAILED, TOO_LARGE, UNSUPPORTED, Attack
from sandbox.accounts.model import Behaviour

_TWO_GB = 2 * 1024**3
_GZIP = ("Content-Encoding", "gzip")
_CHUNKED = ("Transfer-Encoding", "chunked")


def _length(size: int) -> tuple[str, str]:
    return ("Content-Length", str(size))


@cache
def answers() -> tuple[Attack, ...]:
    """Return the files; two of them drip and so cost the whole time that a file may take."""
    small = pdf(pages=1, seed=41)
    photo = picture("PNG", width=40, height=30, seed=42)
    bomb = gzip.compress(bytes(40 * 1024**2), mtime=0)
    return (
        Attack(b"%PDF-1.4\n" + bytes(4087), TOO_LARGE, behaviour=Behaviour(repeated_to_bytes=_TWO_GB)),
        Attack(
            b"%PDF-1.4\n",
            TOO_LARGE,
            behaviour=Behaviour(headers=(_length(_TWO_GB),), repeated_to_bytes=_TWO_GB),
        ),
        # says ten bytes and sends gigabytes
        Attack(
            b"%PDF-1.4\n",
            TOO_LARGE,
            behaviour=Behaviour(headers=(_CHUNKED, _length(10)), repeated_to_bytes=_TWO_GB),
        ),
        # says more than it sends
        Attack(small, DOWNLOAD_FAILED, behaviour=Behaviour(headers=(_length(len(small) + 100),))),
        Attack(bytes(4096), DOWNLOAD_FAILED, behaviour=Behaviour(seconds_per_byte=1.0)),
        Attack(
            b"%PDF-1.4\n" * 99,
            DOWNLOAD_FAILED,
            behaviour=Behaviour(headers=(_length(891),), seconds_per_byte=1.0),
        ),
        Attack(bomb, TOO_LARGE, behaviour=Behaviour(headers=(_GZIP, _length(len(bomb))))),
        Attack(
            gzip.compress(bomb, mtime=0),
            TOO_LARGE,
            behaviour=Behaviour(headers=(("Content-Encoding", "gzip, gzip"),)),
        ),
        # says that it is compressed and is not
        Attack(small, DOWNLOAD_FAILED, behaviour=Behaviour(headers=(_GZIP, _length(len(small))))),
        # compressed though nobody asked: as good as plain
        Attack(
            gzip.compress(photo, mtime=0),
            stored_as="image",
            stored=photo,
            association="images",
            name="foto.png",
            behaviour=Behaviour(headers=(_GZIP,)),
        ),
        # an encoding that nobody knows: the bytes are what they are
        Attack(
            b"\x00\x01\x02" * 50, UNSUPPORTED, behaviour=Behaviour(headers=(("Content-Encoding", "x-evil"),))
        ),
        Attack(small, DOWNLOAD_FAILED, behaviour=Behaviour(206)),
        Attack(small, DOWNLOAD_FAILED, behaviour=Behaviour(403)),
        Attack(small, DOWNLOAD_FAILED, behaviour=Behaviour(500)),
    )
