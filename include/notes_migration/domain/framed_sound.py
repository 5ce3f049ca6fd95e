"""Sound without a container: MPEG layers II and III (ISO 11172-3, 13818-3), ID3v2 tags, AAC as ADTS."""

from __future__ import annotations

_TAG_BYTES = 10
# Bits of an ID3v2 header's flags that have no meaning, by version.
_TAG_RESERVED = {2: 0x3F, 3: 0x1F, 4: 0x0F}
_VERSION_1, _VERSION_2, _VERSION_2_5 = 3, 2, 0
_SAMPLE_RATES = {
    _VERSION_1: (44_100, 48_000, 32_000),
    _VERSION_2: (22_050, 24_000, 16_000),
    _VERSION_2_5: (11_025, 12_000, 8_000),
}
_LAYER_3, _LAYER_2 = 1, 2
_KBITS = {
    _LAYER_2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    _LAYER_3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_KBITS_OF_VERSION_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_ADTS_HEADER_BYTES = 7


def is_mpeg_sound(head: bytes, *, size: int) -> bool:
    """Tell whether a file begins with an ID3v2 tag, or with a frame that another or its end follows.

    head: its beginning, of two frames at least. size: bytes of the whole file.
    """
    if head.startswith(b"ID3"):
        return _is_tag(head[:_TAG_BYTES], size=size)
    length = _mpeg_frame_bytes(head)
    return length > 0 and (length == size or _mpeg_frame_bytes(head[length:]) > 0)


def is_adts_sound(head: bytes, *, size: int) -> bool:
    """Tell whether a file begins with an ADTS frame that another or its end follows."""
    length = _adts_frame_bytes(head)
    return length > 0 and (length == size or _adts_frame_bytes(head[length:]) > 0)


def _is_tag(header: bytes, *, size: int) -> bool:
    if len(header) < _TAG_BYTES or any(byte & 0x80 for byte in header[6:]):
        return False
    version, revision, flags = header[3:6]
    content = sum(byte << shift for byte, shift in zip(header[6:], (21, 14, 7, 0), strict=True))
    is_known = version in _TAG_RESERVED and revision != 0xFF and not flags & _TAG_RESERVED[version]
    return is_known and _TAG_BYTES + content <= size


def _mpeg_frame_bytes(frame: bytes) -> int:
    """Return a frame's length by its header, or 0 where it is none."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return 0
    version, layer = frame[1] >> 3 & 3, frame[1] >> 1 & 3
    bitrate, sample_rate, padding = frame[2] >> 4, frame[2] >> 2 & 3, frame[2] >> 1 & 1
    if version not in _SAMPLE_RATES or layer not in _KBITS or bitrate in {0, 15} or sample_rate == 3:
        return 0
    kbits = (_KBITS[layer] if version == _VERSION_1 else _KBITS_OF_VERSION_2)[bitrate - 1]
    samples = 576 if layer == _LAYER_3 and version != _VERSION_1 else 1152
    return samples // 8 * kbits * 1000 // _SAMPLE_RATES[version][sample_rate] + padding


def _adts_frame_bytes(frame: bytes) -> int:
    if len(frame) < _ADTS_HEADER_BYTES or frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
        return 0
    length = (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5
    return length if frame[2] >> 2 & 15 <= 12 and length >= _ADTS_HEADER_BYTES else 0
