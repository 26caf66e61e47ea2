"""Files of others are what VENDOR.txt says they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from django.conf import settings

VENDOR = Path(settings.BASE) / "static" / "vendor"


def test_every_vendored_file_matches_its_digest() -> None:
    listed = dict(
        reversed(line)
        for line in re.findall(
            r"^([0-9a-f]{64})  (\S+)$", (VENDOR / "VENDOR.txt").read_text(), re.MULTILINE
        )
    )
    shipped = {path.name for path in VENDOR.iterdir() if path.suffix != ".txt"}
    assert shipped == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
