"""A picture such as a customer sends of a broken thing: drawn, not taken.

Pure and deterministic: the same name gives the same picture.
"""

from __future__ import annotations

import struct
import zlib
from random import Random
from typing import Final

WIDTH, HEIGHT, RADIUS = 160, 120, 48
GROUND: Final = (214, 205, 190)
CRACK: Final = (58, 46, 40)


def photo(name: str) -> bytes:
    """A PNG of 160 × 120: a round thing on a table, with a crack across it."""
    rng = Random(name)
    glaze = tuple(rng.randint(70, 170) for _ in range(3))
    crack = _crack(rng)
    rows = (
        bytes([0, *(part for x in range(WIDTH) for part in _colour(x, y, glaze, crack))])
        for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _crack(rng: Random) -> list[int]:
    """Where the crack is in each row: a walk from top to bottom."""
    place, found = WIDTH // 2 + rng.randint(-15, 15), []
    for _ in range(HEIGHT):
        place += rng.choice((-1, 0, 1))
        found.append(place)
    return found


def _colour(x: int, y: int, glaze: tuple[int, ...], crack: list[int]) -> tuple[int, ...]:
    away = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2
    if away > RADIUS**2:
        return GROUND
    if abs(x - crack[y]) < 2:
        return CRACK
    light = 1.15 - away / RADIUS**2 / 2.5
    return tuple(min(255, int(part * light)) for part in glaze)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
