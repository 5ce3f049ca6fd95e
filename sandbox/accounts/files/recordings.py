"""Sound and film: short, mostly silent, with the containers and brands that recorders write."""

from __future__ import annotations

import io
import math
import struct
import sys
import wave
from array import array

_OGG_POLYNOMIAL = 0x04C11DB7


def wav(*, seconds: float, rate: int = 8000, pitch_hz: int = 440) -> bytes:
    """A sine tone, 16 bit, one channel."""
    frames = int(seconds * rate)
    turn = 2 * math.pi * pitch_hz / rate
    samples = array("h", [int(9000 * math.sin(turn * n)) for n in range(frames)])
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())
    return out.getvalue()


def mp3(*, frames: int, title: str | None = None) -> bytes:
    """Silent MPEG-1 layer III frames of 128 kbit/s, with an ID3v2.3 title where given."""
    silence = (b"\xff\xfb\x90\xc4" + bytes(413)) * frames
    return silence if title is None else _id3(title) + silence


def _id3(title: str) -> bytes:
    text = b"\x01" + title.encode("utf-16")
    frame = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    size = len(frame)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + frame


def ogg_opus(*, packets: int) -> bytes:
    """An Opus voice note of 20 ms of silence per packet, as messengers record them."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    pages = [_ogg_page(head, flags=2, number=0, position=0), _ogg_page(tags, flags=0, number=1, position=0)]
    for number in range(packets):
        flags = 4 if number == packets - 1 else 0
        pages.append(_ogg_page(b"\xf8\xff\xfe", flags=flags, number=number + 2, position=960 * (number + 1)))
    return b"".join(pages)


def _ogg_page(packet: bytes, *, flags: int, number: int, position: int) -> bytes:
    fixed = struct.pack("<4sBBqII", b"OggS", 0, flags, position, 0x5EED, number)
    table = bytes((1, len(packet)))
    checksum = _ogg_crc(fixed + bytes(4) + table + packet)
    return fixed + struct.pack("<I", checksum) + table + packet


def _ogg_crc(data: bytes) -> int:
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            overflow = register & 0x80000000
            register = (register << 1) & 0xFFFFFFFF
            register ^= _OGG_POLYNOMIAL if overflow else 0
    return register


def iso_media(*, brand: bytes, compatible: bytes, handler: bytes, payload_bytes: int) -> bytes:
    """An MP4 or M4A file: `handler` is `soun` or `vide`, brands are four bytes each."""
    file_type = _box(b"ftyp", brand + struct.pack(">I", 512) + compatible)
    track = _box(b"trak", _track_header() + _box(b"mdia", _media_header() + _handler(handler)))
    movie = _box(b"moov", _movie_header() + track)
    return file_type + movie + _box(b"mdat", bytes(payload_bytes))


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def _movie_header() -> bytes:
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    numbers = struct.pack(">IIIIIHH8x", 0, 0, 0, 1000, 2000, 1, 0x0100) + bytes(2)
    return _box(b"mvhd", numbers + matrix + bytes(24) + struct.pack(">I", 2))


def _track_header() -> bytes:
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    numbers = struct.pack(">IIIIII8x4H", 7, 0, 0, 1, 0, 2000, 0, 0, 0x0100, 0)
    return _box(b"tkhd", numbers + matrix + struct.pack(">II", 0, 0))


def _media_header() -> bytes:
    return _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, 2000, 0x55C4, 0))


def _handler(handler: bytes) -> bytes:
    return _box(b"hdlr", struct.pack(">II4s12x", 0, 0, handler) + b"recorder\x00")


def webm(*, payload_bytes: int) -> bytes:
    """A Matroska file of document type webm with one VP8 track."""
    header = _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x86", b"\x01") + _element(b"\x42\x82", b"webm"))
    codec = _element(b"\x86", b"V_VP8")
    track = _element(b"\xae", _element(b"\xd7", b"\x01") + _element(b"\x83", b"\x01") + codec)
    info = _element(b"\x15\x49\xa9\x66", _element(b"\x2a\xd7\xb1", b"\x0f\x42\x40"))
    filler = _element(b"\xec", bytes(payload_bytes))
    return header + _element(b"\x18\x53\x80\x67", info + _element(b"\x16\x54\xae\x6b", track) + filler)


def _element(name: bytes, content: bytes) -> bytes:
    # an EBML length says its own size: one byte with the top bit, or eight bytes that begin with 0x01
    size = len(content)
    length = bytes([0x80 | size]) if size < 127 else struct.pack(">Q", size | (1 << 56))
    return name + length + content
