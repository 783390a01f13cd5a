"""The picture of the sandbox's card, drawn by arithmetic: a PNG needs nothing but zlib (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 404  # ISO/IEC 7810 ID-1: 85.60 to 53.98


@cache
def card_face_png() -> bytes:
    """640 x 404 pixels, 8-bit RGB: night over a harbour, with a lantern."""
    rows = b"".join(b"\x00" + b"".join(_pixel(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _pixel(x: int, y: int) -> bytes:
    if (x - 540) ** 2 + (y - 90) ** 2 < 48**2:
        return b"\xf5\xb9\x4a"
    shade = y * 90 // HEIGHT
    water = 24 if y > 290 and (x // 9 + y // 5) % 3 == 0 else 0
    return bytes((14 + shade // 3 + water, 44 + shade // 2 + water, 92 + shade + water))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
