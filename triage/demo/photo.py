"""A picture such as a customer sends of a broken thing: drawn, not taken.

Pure and deterministic: the same name gives the same picture.
"""

from __future__ import annotations

import struct
import zlib
from random import Random
from typing import Final

WIDTH_PIXELS, HEIGHT_PIXELS, RADIUS_PIXELS = 160, 120, 48
BACKGROUND_COLOUR: Final = (214, 205, 190)
CRACK_COLOUR: Final = (58, 46, 40)


def draw_photo(name: str) -> bytes:
    """A PNG of 160 × 120: a round thing on a table, with a crack across it."""
    rng = Random(name)
    glaze = tuple(rng.randint(70, 170) for _ in range(3))
    crack = _generate_crack(rng)
    rows = (
        bytes(
            [0, *(part for x in range(WIDTH_PIXELS) for part in _compute_pixel(x, y, glaze, crack))]
        )
        for y in range(HEIGHT_PIXELS)
    )
    header = struct.pack(">IIBBBBB", WIDTH_PIXELS, HEIGHT_PIXELS, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_encode_chunk(kind, data) for kind, data in parts)


def _generate_crack(rng: Random) -> list[int]:
    """The column of the crack in each row: a random walk from top to bottom."""
    place, found = WIDTH_PIXELS // 2 + rng.randint(-15, 15), []
    for _ in range(HEIGHT_PIXELS):
        place += rng.choice((-1, 0, 1))
        found.append(place)
    return found


def _compute_pixel(x: int, y: int, glaze: tuple[int, ...], crack: list[int]) -> tuple[int, ...]:
    away = (x - WIDTH_PIXELS / 2) ** 2 + (y - HEIGHT_PIXELS / 2) ** 2
    if away > RADIUS_PIXELS**2:
        return BACKGROUND_COLOUR
    if abs(x - crack[y]) < 2:
        return CRACK_COLOUR
    light = 1.15 - away / RADIUS_PIXELS**2 / 2.5
    return tuple(min(255, int(part * light)) for part in glaze)


def _encode_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
