"""Pictures: a seeded gradient with noise, so that sizes are those of real photographs."""

from __future__ import annotations

import io
from random import Random

from PIL import Image


def picture(image_format: str, *, width: int, height: int, seed: int, noise: int = 24) -> bytes:
    """Encode a picture as Pillow's `image_format` (JPEG, PNG, GIF, WEBP)."""
    rng = Random(seed)
    pixels = bytes(
        min(255, (x * 255 // width + shade) % 256 + rng.randrange(noise + 1))
        for y in range(height)
        for x in range(width)
        for shade in (y, 2 * y, 128)
    )
    image = Image.frombytes("RGB", (width, height), pixels)
    out = io.BytesIO()
    image.save(out, image_format)
    return out.getvalue()
